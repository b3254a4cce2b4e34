import { normalizeAxis } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { divide, maximum, multiply, sqrt, sum } from '../ops/index.ts';
import { checkSameShape } from './check.ts';

/**
 * Cosine of the angle between two vectors: Σ a·b / (|a| |b|), 1 for the same direction, −1 for opposite ones.
 *
 * Lengths below 1e-7 count as 1e-7, so a vector of zeros gives 0.
 *
 * @param a any shape with an axis
 * @param b the shape of a
 * @param axis along which the vectors lie, the last by default; it leaves the shape
 * @throws RangeError when the shapes differ
 * @example
 * cosineSimilarity(constant([1, 1]), constant([2, 0])); // 0.7071
 */
export function cosineSimilarity(a: Tensor, b: Tensor, axis = -1): Tensor {
  checkSameShape('cosineSimilarity', a, b);
  const along = normalizeAxis(axis, a.rank, 'cosineSimilarity');
  return divide(sum(multiply(a, b), along), multiply(length(a, along), length(b, along)));
}

function length(x: Tensor, axis: number): Tensor {
  // The root of a number that is never 0, where its slope would be infinite.
  return sqrt(maximum(sum(multiply(x, x), axis), SHORTEST ** 2));
}

const SHORTEST = 1e-7;
