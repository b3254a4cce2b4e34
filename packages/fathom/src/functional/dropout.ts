import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { full, lessEqual, multiply, randomBits, where, zeros } from '../ops/index.ts';

/**
 * Sets each element to 0 with probability `rate` and multiplies the others by 1 / (1 − rate), so that the expected
 * value stays. Which ones is decided by `key` alone: the same key gives the same mask on every backend.
 *
 * Paper: N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014).
 *
 * @param x any shape; the result has it too
 * @param rate in [0, 1]
 * @param key int32 [2]
 * @throws RangeError on another rate
 * @example
 * dropout(ones([4]), 0.5, constant([1, 2], [2], 'int32')); // each element 0 or 2
 */
export function dropout(x: Tensor, rate: number, key: Tensor): Tensor {
  if (!(rate >= 0 && rate <= 1)) {
    throw new RangeError(
      `dropout: expected a rate in [0, 1]; received ${rate} for ${formatShape(x.shape)}. The rate is the share that is dropped.`,
    );
  }
  if (rate === 0) return x;
  if (rate === 1) return zeros(x.shape);
  const keep = lessEqual(full(x.shape, dropThreshold(rate), 'int32'), randomBits(key, x.shape));
  return where(keep, multiply(x, 1 / (1 - rate)), zeros(x.shape));
}

const WORDS = 2 ** 32;

/** Of the 2³² random int32, the share `rate` lies below this one. */
function dropThreshold(rate: number): number {
  return Math.min(WORDS - 1, Math.round(rate * WORDS)) - WORDS / 2;
}
