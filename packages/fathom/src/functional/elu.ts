import type { Tensor } from '../ir/tensor.ts';
import { expm1, less, multiply, where } from '../ops/index.ts';

/** Both constants make mean 0 and variance 1 a fixed point of deep networks. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/**
 * Exponential linear unit: x where x > 0, alpha·(eˣ − 1) elsewhere. At 0 its gradient is alpha.
 *
 * Paper: D. Clevert, T. Unterthiner, S. Hochreiter, Exponential linear units (2015).
 *
 * @param x any shape; the result has it too
 * @example
 * elu(constant([-1, 0, 2])); // [-0.632, 0, 2]
 */
export function elu(x: Tensor, alpha = 1): Tensor {
  const positive = less(0, x);
  // The exponential is taken of what is not positive only, since ∞ times a gradient of 0 would be NaN.
  return where(positive, x, multiply(expm1(where(positive, 0, x)), alpha));
}

/**
 * Scaled exponential linear unit: 1.0507·elu(x, 1.6733), which keeps the activations of a deep network normalized.
 *
 * Paper: G. Klambauer et al., Self-normalizing neural networks (2017).
 *
 * @param x any shape; the result has it too
 * @example
 * selu(constant([-1, 0, 2])); // [-1.111, 0, 2.101]
 */
export function selu(x: Tensor): Tensor {
  return multiply(elu(x, SELU_ALPHA), SELU_SCALE);
}

/**
 * Continuous form of elu: x where x > 0, alpha·(e^(x/alpha) − 1) elsewhere. Its gradient at 0 is 1 for every alpha.
 *
 * Paper: J. Barron, Continuously differentiable exponential linear units (2017).
 *
 * @param x any shape; the result has it too
 * @example
 * celu(constant([-1, 0, 2]), 2); // [-0.787, 0, 2]
 */
export function celu(x: Tensor, alpha = 1): Tensor {
  const positive = less(0, x);
  return where(positive, x, multiply(expm1(multiply(where(positive, 0, x), 1 / alpha)), alpha));
}
