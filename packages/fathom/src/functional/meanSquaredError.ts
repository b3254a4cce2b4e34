import type { Tensor } from '../ir/tensor.ts';
import { multiply, subtract } from '../ops/index.ts';
import { checkSameShape } from './check.ts';
import { mean } from './mean.ts';

/**
 * Mean squared error (1/K) Σₖ (tₖ − pₖ)², over the last axis.
 *
 * @param targets [..., K]
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * meanSquaredError(constant([80]), constant([75])); // 25
 */
export function meanSquaredError(targets: Tensor, predictions: Tensor): Tensor {
  checkSameShape('meanSquaredError', targets, predictions);
  const difference = subtract(predictions, targets);
  return mean(multiply(difference, difference), -1);
}
