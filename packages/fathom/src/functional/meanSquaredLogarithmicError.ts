import type { Tensor } from '../ir/tensor.ts';
import { add, log, maximum, multiply, subtract } from '../ops/index.ts';
import { checkSameShape } from './check.ts';
import { PROBABILITY_EPSILON } from './crossentropy.ts';
import { mean } from './mean.ts';

/**
 * Mean squared difference of logarithms over the last axis: (1/K) Σ (ln(1 + t) − ln(1 + p))², for values whose ratios
 * matter. Values below 1e-7 count as 1e-7, and predictions there have no gradient.
 *
 * @param targets [..., K]
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * meanSquaredLogarithmicError(constant([Math.E - 1]), constant([0])); // 1
 */
export function meanSquaredLogarithmicError(targets: Tensor, predictions: Tensor): Tensor {
  checkSameShape('meanSquaredLogarithmicError', targets, predictions);
  const size = (x: Tensor) => log(add(maximum(x, PROBABILITY_EPSILON), 1));
  const difference = subtract(size(predictions), size(targets));
  return mean(multiply(difference, difference), -1);
}
