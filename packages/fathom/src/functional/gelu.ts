import type { Tensor } from '../ir/tensor.ts';
import { add, erf, multiply, tanh } from '../ops/index.ts';

/** Of the approximation: tanh(√(2/π)·(x + 0.044715·x³)). */
const CUBIC = 0.044715;
const SQRT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);

export interface GeluOptions {
  /** Uses tanh instead of the error function; the difference is below 5e-4. Default false. */
  readonly approximate?: boolean | undefined;
}

/**
 * Gaussian error linear unit: x·Φ(x) = x/2·(1 + erf(x/√2)), element by element.
 *
 * Paper: D. Hendrycks, K. Gimpel, Gaussian error linear units (2016).
 *
 * @param x any shape; the result has it too
 * @example
 * gelu(constant([-1, 0, 1])); // [-0.1587, 0, 0.8413]
 */
export function gelu(x: Tensor, { approximate = false }: GeluOptions = {}): Tensor {
  const share = approximate
    ? tanh(multiply(multiply(x, add(multiply(multiply(x, x), CUBIC), 1)), SQRT_TWO_OVER_PI))
    : erf(multiply(x, Math.SQRT1_2));
  return multiply(multiply(x, 0.5), add(share, 1));
}
