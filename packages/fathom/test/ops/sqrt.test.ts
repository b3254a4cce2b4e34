import { describe, expect, it } from 'vitest';
import { constant, sqrt, sqrtOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(sqrtOp);

describe('sqrt: its own facts', () => {
  it('has the slope 1 / 2√x, infinite at 0', async () => {
    const x = constant([4, 0]);
    expect(await valuesOf(sqrt(x))).toEqual([2, 0]);
    expect(await gradientOf(sqrt(x), x)).toEqual([0.25, Infinity]);
    expect(await valuesOf(sqrt(constant([-1])))).toEqual([Number.NaN]);
  });
});
