import { describe, expect, it } from 'vitest';
import { concat, concatOp, constant } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(concatOp);

describe('concat: its own facts', () => {
  it('puts rows under rows and columns beside columns', async () => {
    const a = constant([1, 2, 3, 4], [2, 2]);
    const b = constant([5, 6, 7, 8], [2, 2]);
    expect(await valuesOf(concat([a, b], 0))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await valuesOf(concat([a, b]))).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
  });

  it('returns a single tensor as it is and refuses none', () => {
    const a = constant([1]);
    expect(concat([a])).toBe(a);
    expect(() => concat([])).toThrow('concat');
  });

  it('refuses operands of two types', () => {
    expect(() => concat([constant([1]), constant([1], [1], 'int32')])).toThrow('int32');
  });
});
