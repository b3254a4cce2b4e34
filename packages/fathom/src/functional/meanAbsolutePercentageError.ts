import type { Tensor } from '../ir/tensor.ts';
import { absolute, divide, maximum, multiply, subtract } from '../ops/index.ts';
import { checkSameShape } from './check.ts';
import { PROBABILITY_EPSILON } from './crossentropy.ts';
import { mean } from './mean.ts';

/**
 * Mean of the absolute differences in per cent of the targets: (100/K) Σ |t − p| / max(|t|, 1e-7), so a target of 0
 * weighs immensely. Where p = t the gradient is 0.
 *
 * @param targets [..., K]
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * meanAbsolutePercentageError(constant([80, 5]), constant([40, 6])); // 35
 */
export function meanAbsolutePercentageError(targets: Tensor, predictions: Tensor): Tensor {
  checkSameShape('meanAbsolutePercentageError', targets, predictions);
  const size = maximum(absolute(targets), PROBABILITY_EPSILON);
  return multiply(100, mean(absolute(divide(subtract(targets, predictions), size)), -1));
}
