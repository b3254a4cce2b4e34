import { describe, expect, it } from 'vitest';
import { constant, sum, sumOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(sumOp);

describe('sum: its own facts', () => {
  it('sums over one axis, several, or all', async () => {
    const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(await valuesOf(sum(x))).toEqual([21]);
    expect(await valuesOf(sum(x, 0))).toEqual([5, 7, 9]);
    expect(await valuesOf(sum(x, -1))).toEqual([6, 15]);
    expect(sum(x, 1, true).shape).toEqual([2, 1]);
    expect(sum(x, [])).toBe(x);
  });

  it('is 0 over nothing', async () => {
    expect(await valuesOf(sum(constant([], [0, 2]), 0))).toEqual([0, 0]);
  });

  it('passes NaN on and refuses truths', async () => {
    expect(await valuesOf(sum(constant([1, Number.NaN])))).toEqual([Number.NaN]);
    expect(() => sum(constant([1], [1], 'bool'))).toThrow('cast');
  });
});
