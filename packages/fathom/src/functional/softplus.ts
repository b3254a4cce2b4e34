import type { Tensor } from '../ir/tensor.ts';
import { add, exp, less, log1p, maximum, multiply, negative, tanh, where } from '../ops/index.ts';

/**
 * Smooth rectifier: ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|), which neither overflows nor loses small results. Its
 * gradient is σ(x).
 *
 * Paper: C. Dugas et al., Incorporating second-order functional knowledge for better option pricing (2001).
 *
 * @param x any shape; the result has it too
 * @example
 * softplus(constant([-1, 0, 1000])); // [0.3133, 0.6931, 1000]
 */
export function softplus(x: Tensor): Tensor {
  // −|x| with gradient 1 at 0, where the maximum has none: together they give ½.
  const below = where(less(0, x), negative(x), x);
  return add(maximum(x, 0), log1p(exp(below)));
}

/**
 * ln σ(x) = −ln(1 + e^−x), exact where σ(x) itself rounds to 0 or 1.
 *
 * @param x any shape; the result has it too
 * @example
 * logSigmoid(constant([-1000, 0])); // [-1000, -0.6931]
 */
export function logSigmoid(x: Tensor): Tensor {
  return negative(softplus(negative(x)));
}

/**
 * x·tanh(softplus(x)), element by element.
 *
 * Paper: D. Misra, Mish: a self regularized non-monotonic activation function (2019).
 *
 * @param x any shape; the result has it too
 * @example
 * mish(constant([-1, 0, 1])); // [-0.3034, 0, 0.8651]
 */
export function mish(x: Tensor): Tensor {
  return multiply(x, tanh(softplus(x)));
}
