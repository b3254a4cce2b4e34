import { describe, expect, it } from 'vitest';
import { constant, equal, equalOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(equalOp);

describe('equal: its own facts', () => {
  it('is false for NaN and true for 0 and −0', async () => {
    const a = constant([Number.NaN, 0, 1]);
    expect(await valuesOf(equal(a, constant([Number.NaN, -0, 1])))).toEqual([0, 1, 1]);
  });
});
