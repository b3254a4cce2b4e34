import { describe, expect, it } from 'vitest';
import { constant, pad, padOp, slice } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(padOp);

describe('pad: its own facts', () => {
  it('sets values around and between', async () => {
    const x = constant([1, 2, 3]);
    const padded = pad(x, { low: [1], high: [2], interior: [1], value: 9 });
    expect(await valuesOf(padded)).toEqual([9, 1, 9, 2, 9, 3, 9, 9]);
    expect(await gradientOf(padded, x)).toEqual([1, 1, 1]);
  });

  it('is undone by slice', async () => {
    const x = constant([1, 2, 3, 4], [2, 2]);
    const padded = pad(x, { low: [1, 2], high: [0, 1], interior: [2, 0] });
    expect(padded.shape).toEqual([5, 5]);
    expect(await valuesOf(slice(padded, [1, 2], [2, 2], [3, 1]))).toEqual([1, 2, 3, 4]);
  });

  it('returns its operand where there is nothing to pad', () => {
    const x = constant([1]);
    expect(pad(x, { low: [0], high: [0] })).toBe(x);
  });
});
