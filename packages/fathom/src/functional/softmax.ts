import { normalizeAxis } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { divide, exp, log, max, stopGradient, subtract, sum } from '../ops/index.ts';
import { repeatAlong } from './along.ts';

/**
 * Turns numbers into probabilities: yᵢ = e^xᵢ / Σⱼ e^xⱼ along one axis, computed from x − max x so that nothing
 * overflows.
 *
 * @param x any shape; the result has it too
 * @param axis the last by default
 * @example
 * softmax(constant([5, 4, 2])); // [0.71, 0.26, 0.04]
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  const powers = exp(shifted(x, axis));
  const y = divide(powers, repeatAlong(sum(powers, axis), x, axis));
  if (normalizeAxis(axis, x.rank, 'softmax') === x.rank - 1) logits.set(y, x);
  return y;
}

/**
 * ln softmax(x) = x − max x − ln Σ e^(x − max x), which stays exact where softmax itself rounds to 0.
 *
 * @param x any shape; the result has it too
 * @param axis the last by default
 * @example
 * logSoftmax(constant([1000, 0])); // [0, -1000]
 */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const centred = shifted(x, axis);
  return subtract(centred, repeatAlong(log(sum(exp(centred), axis)), x, axis));
}

/**
 * What `y` is the softmax of, along the last axis, if it was made by {@link softmax}. A loss takes its logarithm from
 * there, which is stable, instead of from probabilities that have been rounded.
 */
export function softmaxLogits(y: Tensor): Tensor | undefined {
  return logits.get(y);
}

/** x − max x; the maximum is only a shift, so no gradient needs to pass through it. */
export function shifted(x: Tensor, axis: number): Tensor {
  return subtract(x, repeatAlong(stopGradient(max(x, axis)), x, axis));
}

const logits = new WeakMap<Tensor, Tensor>();
