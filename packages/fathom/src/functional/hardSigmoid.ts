import type { Tensor } from '../ir/tensor.ts';
import { add, maximum, minimum, multiply } from '../ops/index.ts';

/**
 * min(max(x, 0), 6), element by element; its gradient is 0 at both kinks.
 *
 * @param x any shape; the result has it too
 * @example
 * relu6(constant([-1, 2, 9])); // [0, 2, 6]
 */
export function relu6(x: Tensor): Tensor {
  return minimum(maximum(x, 0), 6);
}

/**
 * Piecewise linear σ: relu6(x + 3) / 6, as in Keras 3.
 *
 * @param x any shape; the result has it too
 * @example
 * hardSigmoid(constant([-4, 0, 1.5])); // [0, 0.5, 0.75]
 */
export function hardSigmoid(x: Tensor): Tensor {
  return multiply(relu6(add(x, 3)), 1 / 6);
}

/**
 * x·hardSigmoid(x), a silu without an exponential; also called hard swish.
 *
 * Paper: A. Howard et al., Searching for MobileNetV3 (2019).
 *
 * @param x any shape; the result has it too
 * @example
 * hardSilu(constant([-4, 1.5, 5])); // [0, 1.125, 5]
 */
export function hardSilu(x: Tensor): Tensor {
  return multiply(x, hardSigmoid(x));
}

/**
 * min(max(x, −1), 1), element by element.
 *
 * @param x any shape; the result has it too
 * @example
 * hardTanh(constant([-4, 0.5, 5])); // [-1, 0.5, 1]
 */
export function hardTanh(x: Tensor): Tensor {
  return minimum(maximum(x, -1), 1);
}
