import { normalizeAxis } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { cast, equal, iota, max, negative, where } from '../ops/index.ts';
import { repeatAlong } from './along.ts';

/**
 * Index of the largest value along an axis, of the first one where several are equal. Where a value is NaN the index
 * may be the extent of the axis, which is no index at all.
 *
 * @param x float32, any shape with an axis
 * @param axis the last by default; it leaves the shape
 * @returns int32
 * @example
 * argmax(constant([1, 7, 7])); // 1
 */
export function argmax(x: Tensor, axis = -1): Tensor {
  const along = normalizeAxis(axis, x.rank, 'argmax');
  const isLargest = equal(x, repeatAlong(max(x, along), x, along));
  // The first of them is the largest of the negated positions.
  const position = negative(cast(iota(x.shape, along), 'float32'));
  return cast(negative(max(where(isLargest, position, -x.shape[along]!), along)), 'int32');
}
