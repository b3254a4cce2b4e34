import type { Tensor } from '../ir/tensor.ts';
import { maximum } from '../ops/index.ts';

/**
 * Rectified linear unit: max(x, 0), element by element; relu′(0) = 0.
 *
 * Paper: V. Nair, G. Hinton, Rectified linear units improve restricted Boltzmann machines (2010).
 *
 * @param x any shape; the result has it too
 * @example
 * relu(constant([-1, 0, 2])); // [0, 0, 2]
 */
export function relu(x: Tensor): Tensor {
  return maximum(x, 0);
}
