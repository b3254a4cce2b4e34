import type { Tensor } from '../ir/tensor.ts';
import { add, divide, multiply, sqrt, subtract } from '../ops/index.ts';

export interface BatchNormStatistics {
  /** [C] each. */
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly gamma?: Tensor | undefined;
  readonly beta?: Tensor | undefined;
  readonly epsilon: number;
}

/**
 * y = gamma · (x − mean) / √(variance + epsilon) + beta, for each channel of the last axis.
 *
 * Paper: S. Ioffe, C. Szegedy, Batch normalization (2015).
 *
 * @param x [..., C]; the result has that shape too
 * @example
 * batchNorm(x, { ...moments(x, [0]), epsilon: 1e-3 });
 */
export function batchNorm(x: Tensor, statistics: BatchNormStatistics): Tensor {
  const { mean, variance, gamma, beta, epsilon } = statistics;
  // One factor for each channel, so that only a subtraction and a product remain for each element.
  const scale = divide(gamma ?? 1, sqrt(add(variance, epsilon)));
  const normalized = multiply(subtract(x, mean), scale);
  return beta ? add(normalized, beta) : normalized;
}
