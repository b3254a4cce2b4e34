import { describe, expect, it } from 'vitest';
import { constant, windowSpread, windowSpreadOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(windowSpreadOp);

describe('windowSpread: its own facts', () => {
  it('adds where windows overlap', async () => {
    const x = constant([1, 10]);
    const y = windowSpread(x, { window: [3], strides: [2], shape: [6] });
    expect(await valuesOf(y)).toEqual([1, 1, 11, 10, 10, 0]);
    expect(await gradientOf(y, x)).toEqual([3, 3]);
  });
});
