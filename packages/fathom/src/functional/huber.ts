import type { Tensor } from '../ir/tensor.ts';
import { absolute, minimum, multiply, subtract } from '../ops/index.ts';
import { checkPositive, checkSameShape } from './check.ts';
import { mean } from './mean.ts';

export interface HuberOptions {
  /** The error at which the parabola goes over into a line. Default 1. */
  readonly delta?: number | undefined;
}

/**
 * Squared error near the target, absolute error far from it, so that outliers pull with bounded force. With e = p − t,
 * the mean over the last axis of ½e² where |e| ≤ δ, else δ|e| − ½δ². The slopes of both pieces are equal at |e| = δ.
 *
 * Paper: P. Huber, Robust estimation of a location parameter (1964).
 *
 * @param targets [..., K]
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ, or delta is not positive
 * @example
 * huber(constant([0, 0]), constant([1, 3])); // 1.5
 */
export function huber(targets: Tensor, predictions: Tensor, { delta = 1 }: HuberOptions = {}): Tensor {
  checkSameShape('huber', targets, predictions);
  checkPositive(delta, 'huber: delta');
  const size = absolute(subtract(predictions, targets));
  // With m = min(|e|, δ) both pieces are m·(|e| − ½m).
  const near = minimum(size, delta);
  return mean(multiply(near, subtract(size, multiply(0.5, near))), -1);
}
