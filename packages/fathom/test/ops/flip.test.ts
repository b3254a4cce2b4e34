import { describe, expect, it } from 'vitest';
import { constant, flip, flipOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(flipOp);

describe('flip: its own facts', () => {
  it('undoes itself', async () => {
    const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(await valuesOf(flip(x, [1]))).toEqual([3, 2, 1, 6, 5, 4]);
    expect(await valuesOf(flip(flip(x, [0, 1]), [0, 1]))).toEqual(await valuesOf(x));
    expect(flip(x, [])).toBe(x);
  });
});
