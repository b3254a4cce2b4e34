import { describe, expect, it } from 'vitest';
import { absolute, absoluteOp, constant } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(absoluteOp);

describe('absolute: its own facts', () => {
  it('has slope −1, 0 and 1 below, at and above 0', async () => {
    const x = constant([-2, 0, 3]);
    expect(await gradientOf(absolute(x), x)).toEqual([-1, 0, 1]);
  });

  it('makes −0 positive', async () => {
    expect(await valuesOf(absolute(constant([-0])))).toEqual([0]);
  });
});
