import type { Tensor } from '../ir/tensor.ts';
import { less, multiply, where } from '../ops/index.ts';

/** Keras' default of the activation function; the layer of the same name has 0.3. */
export const LEAKY_RELU_SLOPE = 0.2;

/**
 * Leaky rectifier: x where x > 0, negativeSlope·x elsewhere. At 0 its gradient is the slope.
 *
 * Paper: A. Maas, A. Hannun, A. Ng, Rectifier nonlinearities improve neural network acoustic models (2013).
 *
 * @param x any shape; the result has it too
 * @example
 * leakyRelu(constant([-1, 2]), 0.3); // [-0.3, 2]
 */
export function leakyRelu(x: Tensor, negativeSlope: number = LEAKY_RELU_SLOPE): Tensor {
  return where(less(0, x), x, multiply(x, negativeSlope));
}
