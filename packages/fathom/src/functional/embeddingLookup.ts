import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { gather } from '../ops/index.ts';

/**
 * Rows of a table by their numbers: y[...] = table[index[...]]. A number outside of [0, V) gives a row of NaN.
 *
 * @param table [V, D]
 * @param index int32 [...]
 * @returns [..., D]
 * @throws TypeError when the indices are not int32
 * @example
 * embeddingLookup(constant([1, 2, 3, 4], [2, 2]), constant([1, 1, 0], [3], 'int32')); // [[3, 4], [3, 4], [1, 2]]
 */
export function embeddingLookup(table: Tensor, index: Tensor): Tensor {
  if (table.rank !== 2) {
    throw new RangeError(`embeddingLookup: expected a table [V, D]; received ${formatShape(table.shape)}.`);
  }
  return gather(table, index);
}
