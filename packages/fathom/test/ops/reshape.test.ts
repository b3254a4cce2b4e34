import { describe, expect, it } from 'vitest';
import { constant, reshape, reshapeOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(reshapeOp);

describe('reshape: its own facts', () => {
  it('keeps the order of the elements and works out one extent', async () => {
    const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(reshape(x, [3, -1]).shape).toEqual([3, 2]);
    expect(await valuesOf(reshape(x, [-1]))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(reshape(x, [2, 3])).toBe(x);
    expect(() => reshape(x, [4, -1])).toThrow('cannot fill');
  });
});
