import type { Tensor } from '../ir/tensor.ts';
import { complement, reductionAxes } from '../ops/broadcast.ts';
import { add, broadcast, exp, log, max, reshape, stopGradient, subtract, sum } from '../ops/index.ts';

/**
 * ln Σ eˣ over `axes` (all by default), computed from x − max x so that nothing overflows.
 *
 * @param x any shape
 * @param axes one axis or several; negative ones count from the end
 * @param keepDims leaves the reduced axes with extent 1
 * @example
 * logSumExp(constant([1000, 1000])); // 1000.693
 */
export function logSumExp(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const over = reductionAxes(axes, x.rank, 'logSumExp');
  const shift = stopGradient(max(x, over));
  const powers = exp(subtract(x, broadcast(shift, x.shape, complement(over, x.rank))));
  const y = add(log(sum(powers, over)), shift);
  const kept = x.shape.map((extent, axis) => (over.includes(axis) ? 1 : extent));
  return keepDims ? reshape(y, kept) : y;
}
