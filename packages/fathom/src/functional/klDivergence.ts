import type { Tensor } from '../ir/tensor.ts';
import { log, maximum, minimum, multiply, subtract, sum } from '../ops/index.ts';
import { checkSameShape } from './check.ts';
import { PROBABILITY_EPSILON } from './crossentropy.ts';

/**
 * Kullback–Leibler divergence Σ t ln(t/p): how much a code made for the probabilities p wastes where t holds.
 *
 * Both are clipped to [1e-7, 1]; outside of it there is no gradient.
 *
 * Paper: S. Kullback, R. Leibler, On information and sufficiency (1951).
 *
 * @param targets [..., K], probabilities
 * @param predictions [..., K], probabilities
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * klDivergence(constant([0.5, 0.5]), constant([0.25, 0.75])); // 0.1438
 */
export function klDivergence(targets: Tensor, predictions: Tensor): Tensor {
  checkSameShape('klDivergence', targets, predictions);
  const t = clip(targets);
  return sum(multiply(t, subtract(log(t), log(clip(predictions)))), -1);
}

function clip(x: Tensor): Tensor {
  return minimum(maximum(x, PROBABILITY_EPSILON), 1);
}
