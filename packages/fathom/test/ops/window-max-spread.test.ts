import { describe, expect, it } from 'vitest';
import { constant, windowMaxSpread, windowMaxSpreadOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const POOL = { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] };

describeOp(windowMaxSpreadOp);

describe('windowMaxSpread: its own facts', () => {
  it('adds each value at the first maximum of its window', async () => {
    const x = constant([1, 1, 0, 2, 1, 1, 2, 2], [1, 2, 4, 1]);
    const dy = constant([5, 7], [1, 1, 2, 1]);
    expect(await valuesOf(windowMaxSpread(x, dy, POOL))).toEqual([5, 0, 0, 7, 0, 0, 0, 0]);
  });

  it('is linear in dy and flat in x', async () => {
    const x = constant([1, 2, 3, 4], [1, 2, 2, 1]);
    const dy = constant([3], [1, 1, 1, 1]);
    expect(await gradientOf(windowMaxSpread(x, dy, POOL), dy)).toEqual([1]);
    expect(await gradientOf(windowMaxSpread(x, dy, POOL), x)).toEqual([0, 0, 0, 0]);
  });
});
