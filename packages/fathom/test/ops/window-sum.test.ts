import { describe, expect, it } from 'vitest';
import { constant, divide, ones, pad, windowSum, windowSumOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const POOL = { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] };

describeOp(windowSumOp);

describe('windowSum: its own facts', () => {
  it('averages the lectures’ example', async () => {
    const x = constant([1, 3, 1, 5, 4, 0, 3, 3, 6, 1, 5, 1, 1, 4, 0, 8], [1, 4, 4, 1]);
    expect(await valuesOf(divide(windowSum(x, POOL), 4))).toEqual([2, 3, 3, 3.5]);
  });

  it('drops a border that no window covers, whose gradient is 0', async () => {
    const x = constant([1, 2, 3, 4, 5]);
    const y = windowSum(x, { window: [2], strides: [2] });
    expect(await valuesOf(y)).toEqual([3, 7]);
    expect(await gradientOf(y, x)).toEqual([1, 1, 1, 1, 0]);
  });

  it('shows what padding changes: windows that see the corner and the centre of 5×5', async () => {
    const seen = async (low: number) => {
      const x = ones([5, 5]);
      const padded = pad(x, { low: [low, low], high: [low, low] });
      const slopes = await gradientOf(windowSum(padded, { window: [3, 3], strides: [1, 1] }), x);
      return { corner: slopes[0], centre: slopes[12] };
    };
    expect(await seen(0)).toEqual({ corner: 1, centre: 9 });
    expect(await seen(1)).toEqual({ corner: 4, centre: 9 });
  });
});
