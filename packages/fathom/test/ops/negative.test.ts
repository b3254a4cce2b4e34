import { describe, expect, it } from 'vitest';
import { constant, negative, negativeOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(negativeOp);

describe('negative: its own facts', () => {
  it('changes the sign, and the smallest int32 is its own negative', async () => {
    expect(await valuesOf(negative(constant([1, -2, 0])))).toEqual([-1, 2, -0]);
    expect(await valuesOf(negative(constant([-2147483648, 5], [2], 'int32')))).toEqual([-2147483648, -5]);
  });
});
