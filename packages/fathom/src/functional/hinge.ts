import type { Tensor } from '../ir/tensor.ts';
import { add, equal, max, maximum, multiply, subtract, sum, where } from '../ops/index.ts';
import { checkSameShape } from './check.ts';
import { mean } from './mean.ts';

/**
 * The loss of support vector machines: (1/K) Σ max(1 − t·p, 0), for targets −1 and 1; a target of 0 counts as −1.
 * At t·p = 1 the gradient is 0.
 *
 * @param targets [..., K]
 * @param predictions [..., K], of any size; their sign is the answer
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * hinge(constant([1, -1]), constant([0.25, -2])); // 0.375
 */
export function hinge(targets: Tensor, predictions: Tensor): Tensor {
  checkSameShape('hinge', targets, predictions);
  return mean(shortfall(targets, predictions), -1);
}

/**
 * The squared form of {@link hinge}, whose slope has no jump: (1/K) Σ max(1 − t·p, 0)².
 *
 * @param targets [..., K], −1 or 1; 0 counts as −1
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * squaredHinge(constant([1, -1]), constant([0.5, -2])); // 0.125
 */
export function squaredHinge(targets: Tensor, predictions: Tensor): Tensor {
  checkSameShape('squaredHinge', targets, predictions);
  const missing = shortfall(targets, predictions);
  return mean(multiply(missing, missing), -1);
}

/**
 * Hinge loss of several classes: max(1 + max over the wrong classes − the right one, 0), or with targets t
 * max(1 + max (1 − t)·p − Σ t·p, 0). Where it is 0 so is the gradient; equal largest values share it.
 *
 * @param targets [..., K], one-hot
 * @param predictions [..., K], of any size
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * categoricalHinge(constant([0, 1, 0]), constant([0.5, 1, 0.25])); // 0.5
 */
export function categoricalHinge(targets: Tensor, predictions: Tensor): Tensor {
  checkSameShape('categoricalHinge', targets, predictions);
  const right = sum(multiply(targets, predictions), -1);
  const wrong = max(multiply(subtract(1, targets), predictions), -1);
  return maximum(add(subtract(wrong, right), 1), 0);
}

function shortfall(targets: Tensor, predictions: Tensor): Tensor {
  const sides = where(equal(targets, 0), -1, targets);
  return maximum(subtract(1, multiply(sides, predictions)), 0);
}
