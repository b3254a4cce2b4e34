import { describe, expect, it } from 'vitest';
import { constant, transpose, transposeOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(transposeOp);

describe('transpose: its own facts', () => {
  it('reverses the axes by default and is undone by the inverse order', async () => {
    const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(await valuesOf(transpose(x))).toEqual([1, 4, 2, 5, 3, 6]);
    const y = transpose(
      constant(
        Array.from({ length: 24 }, (_, i) => i),
        [2, 3, 4],
      ),
      [2, 0, 1],
    );
    expect(y.shape).toEqual([4, 2, 3]);
    expect(await valuesOf(transpose(y, [1, 2, 0]))).toEqual(Array.from({ length: 24 }, (_, i) => i));
    expect(transpose(x, [0, 1])).toBe(x);
  });
});
