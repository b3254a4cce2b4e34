import type { Tensor } from '../ir/tensor.ts';
import { cast, less } from '../ops/index.ts';

/**
 * Heaviside step of the first perceptrons: 1 where x > 0, 0 elsewhere, at 0 and for NaN too.
 *
 * Its gradient is zero everywhere, so no layer behind a step learns by gradient descent.
 *
 * @param x any shape; the result has it too
 * @example
 * step(constant([-1, 0, 2])); // [0, 0, 1]
 */
export function step(x: Tensor): Tensor {
  return cast(less(0, x), 'float32');
}
