import type { Tensor } from '../ir/tensor.ts';
import {
  absolute,
  add,
  less,
  maximum,
  minimum,
  multiply,
  sqrt,
  subtract,
  tanh,
  where,
} from '../ops/index.ts';

/**
 * x where |x| > threshold, 0 elsewhere.
 *
 * @param x any shape; the result has it too
 * @example
 * hardShrink(constant([-1, 0.2, 0.6])); // [-1, 0, 0.6]
 */
export function hardShrink(x: Tensor, threshold = 0.5): Tensor {
  return where(less(threshold, absolute(x)), x, 0);
}

/**
 * x moved by the threshold towards 0, and 0 where |x| ≤ threshold.
 *
 * @param x any shape; the result has it too
 * @example
 * softShrink(constant([-1, 0.2, 0.6])); // [-0.5, 0, 0.1]
 */
export function softShrink(x: Tensor, threshold = 0.5): Tensor {
  return add(maximum(subtract(x, threshold), 0), minimum(add(x, threshold), 0));
}

/**
 * x − tanh x, element by element.
 *
 * @param x any shape; the result has it too
 * @example
 * tanhShrink(constant([-1, 0, 2])); // [-0.2384, 0, 1.036]
 */
export function tanhShrink(x: Tensor): Tensor {
  return subtract(x, tanh(x));
}

/**
 * A softplus of squares: (x + √(x² + b)) / 2.
 *
 * @param x any shape; the result has it too
 * @example
 * squareplus(constant([-1, 0, 2])); // [0.618, 1, 2.414]
 */
export function squareplus(x: Tensor, b = 4): Tensor {
  return multiply(add(x, sqrt(add(multiply(x, x), b))), 0.5);
}
