import type { Tensor } from '../ir/tensor.ts';
import { broadcast, cast, equal, iota } from '../ops/index.ts';

/**
 * y[..., k] = 1 where k is the label, 0 elsewhere; a label outside [0, classes) gives zeros.
 *
 * @param labels int32 [...]
 * @returns float32 [..., classes]
 * @example
 * oneHot(constant([2, 0], [2], 'int32'), 3); // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(labels: Tensor, classes: number): Tensor {
  return cast(isLabel(labels, classes), 'float32');
}

/** Truth of "k is the label" at [..., k]. */
export function isLabel(labels: Tensor, classes: number): Tensor {
  const shape = [...labels.shape, classes];
  const repeated = broadcast(
    labels,
    shape,
    labels.shape.map((_, d) => d),
  );
  return equal(repeated, iota(shape, labels.rank));
}
