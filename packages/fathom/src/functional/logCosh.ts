import type { Tensor } from '../ir/tensor.ts';
import { absolute, add, exp, log, multiply, subtract } from '../ops/index.ts';
import { checkSameShape } from './check.ts';
import { mean } from './mean.ts';

/**
 * Mean of ln cosh(p − t) over the last axis: about ½e² for small errors e and |e| − ln 2 for large ones, smooth
 * between them, with the gradient tanh e.
 *
 * Computed as |e| + ln(1 + e^(−2|e|)) − ln 2, which does not overflow.
 *
 * @param targets [..., K]
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * logCosh(constant([0]), constant([1])); // 0.4338
 */
export function logCosh(targets: Tensor, predictions: Tensor): Tensor {
  checkSameShape('logCosh', targets, predictions);
  const size = absolute(subtract(predictions, targets));
  return mean(subtract(add(size, log(add(1, exp(multiply(-2, size))))), Math.LN2), -1);
}
