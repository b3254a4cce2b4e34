import type { Tensor } from '../ir/tensor.ts';
import { multiply, sigmoid } from '../ops/index.ts';

/**
 * Sigmoid linear unit, also called swish: x·σ(x), element by element.
 *
 * Paper: S. Elfwing, E. Uchibe, K. Doya, Sigmoid-weighted linear units (2017).
 *
 * @param x any shape; the result has it too
 * @example
 * silu(constant([-1, 0, 1])); // [-0.2689, 0, 0.7311]
 */
export function silu(x: Tensor): Tensor {
  return multiply(x, sigmoid(x));
}
