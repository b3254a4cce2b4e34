import type { Tensor } from '../ir/tensor.ts';
import { absolute, add, divide } from '../ops/index.ts';

/**
 * x / (1 + |x|), element by element.
 *
 * @param x any shape; the result has it too
 * @example
 * softsign(constant([-1, 0, 3])); // [-0.5, 0, 0.75]
 */
export function softsign(x: Tensor): Tensor {
  return divide(x, add(absolute(x), 1));
}
