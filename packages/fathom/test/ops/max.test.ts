import { describe, expect, it } from 'vitest';
import { constant, max, maxOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(maxOp);

describe('max: its own facts', () => {
  it('shares the gradient between ties', async () => {
    const x = constant([1, 3, 3, 0, 3, 2], [2, 3]);
    expect(await valuesOf(max(x))).toEqual([3]);
    expect(await gradientOf(max(x, 1), x)).toEqual([0, 0.5, 0.5, 0, 1, 0]);
    expect(await gradientOf(max(x), x)).toEqual([0, 1 / 3, 1 / 3, 0, 1 / 3, 0]);
  });

  it('keeps the reduced axes on request, and counts axes from the end', () => {
    const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(max(x, -1).shape).toEqual([2]);
    expect(max(x, 0, true).shape).toEqual([1, 3]);
    expect(() => max(x, 2)).toThrow('max: expected an axis in [-2, 1]; received 2');
  });

  it('passes over NaN, since no comparison with it holds', async () => {
    expect(await valuesOf(max(constant([Number.NaN, 1, Number.NaN])))).toEqual([1]);
  });

  it('reduces minus infinities, and refuses integers', async () => {
    expect(await valuesOf(max(constant([-Infinity, -Infinity])))).toEqual([-Infinity]);
    expect(() => max(constant([1], [1], 'int32'))).toThrow('cast');
  });
});
