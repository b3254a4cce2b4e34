import { describe, expect, it } from 'vitest';
import { constant, slice, sliceOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(sliceOp);

describe('slice: its own facts', () => {
  it('takes every second element, and its gradient is zero at the others', async () => {
    const x = constant([1, 2, 3, 4, 5, 6]);
    const part = slice(x, [1], [2], [3]);
    expect(await valuesOf(part)).toEqual([2, 5]);
    expect(await gradientOf(part, x)).toEqual([0, 1, 0, 0, 1, 0]);
  });

  it('may take nothing, and returns its operand where it takes everything', async () => {
    const x = constant([1, 2]);
    expect(await valuesOf(slice(x, [1], [0]))).toEqual([]);
    expect(await gradientOf(slice(x, [1], [0]), x)).toEqual([0, 0]);
    expect(slice(x, [0], [2])).toBe(x);
  });
});
