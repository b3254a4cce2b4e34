import { describe, expect, it } from 'vitest';
import { constant, divide, divideOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(divideOp);

describe('divide: its own facts', () => {
  it('follows IEEE 754 at zero', async () => {
    expect(await valuesOf(divide(constant([1, -1, 0]), 0))).toEqual([Infinity, -Infinity, Number.NaN]);
  });

  it('has the gradients 1/b and −a/b²', async () => {
    const [a, b] = [constant([3]), constant([2])];
    expect(await gradientOf(divide(a, b), a)).toEqual([0.5]);
    expect(await gradientOf(divide(a, b), b)).toEqual([-0.75]);
  });
});
