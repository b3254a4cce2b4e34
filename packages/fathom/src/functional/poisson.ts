import type { Tensor } from '../ir/tensor.ts';
import { add, log, multiply, subtract } from '../ops/index.ts';
import { checkSameShape } from './check.ts';
import { PROBABILITY_EPSILON } from './crossentropy.ts';
import { mean } from './mean.ts';

/**
 * Negative logarithm of the likelihood of counts under Poisson distributions of the predicted means, without the part
 * that no prediction changes: (1/K) Σ p − t ln(p + 1e-7).
 *
 * @param targets [..., K], counts
 * @param predictions [..., K], means; a negative one gives NaN
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * poisson(constant([3]), constant([1])); // 1
 */
export function poisson(targets: Tensor, predictions: Tensor): Tensor {
  checkSameShape('poisson', targets, predictions);
  const likelihood = multiply(targets, log(add(predictions, PROBABILITY_EPSILON)));
  return mean(subtract(predictions, likelihood), -1);
}
