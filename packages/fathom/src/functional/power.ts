import type { Tensor } from '../ir/tensor.ts';
import { divide, exp, log, multiply, ones, sqrt } from '../ops/index.ts';

/** Whole exponents up to this one are made of products. */
const MOST_PRODUCTS = 64;

/**
 * x to a constant power, element by element: products for whole exponents (of negative x too), roots for halves, and
 * e^(exponent·ln x) else, which is NaN for negative x.
 *
 * @param x any shape; the result has it too
 * @example
 * power(constant([-2, 3]), 3); // [-8, 27]
 */
export function power(x: Tensor, exponent: number): Tensor {
  const size = Math.abs(exponent);
  if (Number.isInteger(2 * size) && size <= MOST_PRODUCTS) {
    const y = product(x, Math.floor(size));
    const whole = Number.isInteger(size) ? y : size < 1 ? sqrt(x) : multiply(y, sqrt(x));
    return exponent < 0 ? divide(1, whole) : whole;
  }
  return exp(multiply(log(x), exponent));
}

/** xⁿ by repeated squaring. */
function product(x: Tensor, n: number): Tensor {
  if (n === 0) return ones(x.shape);
  if (n === 1) return x;
  const half = product(x, Math.floor(n / 2));
  const square = multiply(half, half);
  return n % 2 === 0 ? square : multiply(square, x);
}
