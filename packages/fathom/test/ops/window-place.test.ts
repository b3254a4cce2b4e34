import { describe, expect, it } from 'vitest';
import { constant, windowArgmax, windowPlace, windowPlaceOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const POOL = { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] };

describeOp(windowPlaceOp);

describe('windowPlace: its own facts', () => {
  it('puts each value at the first maximum of its window', async () => {
    const x = constant([1, 1, 0, 2, 1, 1, 2, 2], [1, 2, 4, 1]);
    const dy = constant([5, 7], [1, 1, 2, 1]);
    const placed = windowPlace(windowArgmax(x, POOL), dy, { ...POOL, shape: x.shape });
    expect(await valuesOf(placed)).toEqual([5, 0, 0, 7, 0, 0, 0, 0]);
  });

  it('adds up where windows overlap', async () => {
    const index = constant([1, 0], [2], 'int32');
    const placed = windowPlace(index, constant([5, 7]), { window: [2], strides: [1], shape: [3] });
    expect(await valuesOf(placed)).toEqual([0, 12, 0]);
  });

  it('is linear in the values', async () => {
    const dy = constant([3], [1, 1, 1, 1]);
    const placed = windowPlace(constant([2], [1, 1, 1, 1], 'int32'), dy, { ...POOL, shape: [1, 2, 2, 1] });
    expect(await gradientOf(placed, dy)).toEqual([1]);
  });
});
