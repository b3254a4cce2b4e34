import type { Tensor } from '../ir/tensor.ts';
import { broadcast, divide, multiply, reshape, subtract, sum } from '../ops/index.ts';

/**
 * Arithmetic mean over `axes` (all by default): (1/n) Σ x.
 *
 * @param x any shape
 * @param axes one axis or several; negative ones count from the end
 * @param keepDims leaves the reduced axes with extent 1
 * @example
 * mean(constant([1, 2, 6])); // 3
 */
export function mean(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const total = sum(x, axes);
  const count = x.size / Math.max(1, total.size);
  const average = divide(total, count);
  return keepDims ? reshape(average, keptShape(x, axes)) : average;
}

/**
 * Variance over `axes` (all by default): (1/n) Σ (x − mean x)², of the values themselves (n, not n − 1).
 *
 * @example
 * variance(constant([1, 3])); // 1
 */
export function variance(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  return moments(x, axes, keepDims).variance;
}

/** Mean and variance over `axes`, with the mean computed once. */
export function moments(
  x: Tensor,
  axes?: number | readonly number[],
  keepDims = false,
): { mean: Tensor; variance: Tensor } {
  const average = mean(x, axes);
  const deviation = subtract(x, broadcast(average, x.shape, keptAxes(x, axes)));
  const spread = mean(multiply(deviation, deviation), axes);
  if (!keepDims) return { mean: average, variance: spread };
  const shape = keptShape(x, axes);
  return { mean: reshape(average, shape), variance: reshape(spread, shape) };
}

function keptAxes(x: Tensor, axes: number | readonly number[] | undefined): number[] {
  if (axes === undefined) return [];
  const reduced = (typeof axes === 'number' ? [axes] : axes).map((axis) => (axis < 0 ? axis + x.rank : axis));
  return x.shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
}

function keptShape(x: Tensor, axes: number | readonly number[] | undefined): number[] {
  const kept = keptAxes(x, axes);
  return x.shape.map((extent, axis) => (kept.includes(axis) ? extent : 1));
}
