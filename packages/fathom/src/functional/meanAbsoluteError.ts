import type { Tensor } from '../ir/tensor.ts';
import { absolute, subtract } from '../ops/index.ts';
import { checkSameShape } from './check.ts';
import { mean } from './mean.ts';

/**
 * Mean of the absolute differences over the last axis: (1/K) Σ |t − p|. Where p = t the gradient is 0.
 *
 * @param targets [..., K]
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * meanAbsoluteError(constant([1, 2]), constant([3, 2])); // 1
 */
export function meanAbsoluteError(targets: Tensor, predictions: Tensor): Tensor {
  checkSameShape('meanAbsoluteError', targets, predictions);
  return mean(absolute(subtract(predictions, targets)), -1);
}
