import { formatShape, type Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add, broadcast, full, lessEqual, multiply, randomBits, where, zeros } from '../ops/index.ts';

/**
 * Sets each element to 0 with probability `rate` and multiplies the others by 1 / (1 − rate), so that the expected
 * value stays. Which ones is decided by `key` alone: the same key gives the same mask on every backend.
 *
 * Paper: N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014).
 *
 * @param x any shape; the result has it too
 * @param rate in [0, 1]
 * @param key int32 [2]
 * @param maskShape the shape of x, with extent 1 along axes whose elements are dropped or kept together
 * @throws RangeError on another rate
 * @example
 * dropout(ones([4]), 0.5, constant([1, 2], [2], 'int32')); // each element 0 or 2
 */
export function dropout(x: Tensor, rate: number, key: Tensor, maskShape: Shape = x.shape): Tensor {
  checkRate('dropout', rate, x);
  if (rate === 0) return x;
  if (rate === 1) return zeros(x.shape);
  return where(kept(x, rate, key, maskShape), multiply(x, 1 / (1 - rate)), zeros(x.shape));
}

/**
 * Dropout that keeps mean 0 and variance 1, for networks of SELU units: dropped elements become −λα, SELU's lowest
 * value, and a·y + b is given with a = ((1 − rate)(1 + rate·λ²α²))^(−1/2), b = a·λα·rate.
 *
 * Paper: G. Klambauer et al., Self-normalizing neural networks (2017).
 *
 * @param x any shape; the result has it too
 * @param rate in [0, 1)
 * @param key int32 [2]
 * @throws RangeError on another rate
 * @example
 * alphaDropout(ones([4]), 0.1, constant([1, 2], [2], 'int32'));
 */
export function alphaDropout(x: Tensor, rate: number, key: Tensor): Tensor {
  checkRate('alphaDropout', rate, x);
  if (rate === 0) return x;
  const scale = ((1 - rate) * (1 + rate * SELU_LOWEST ** 2)) ** -0.5;
  const dropped = where(kept(x, rate, key, x.shape), x, full(x.shape, SELU_LOWEST));
  return add(multiply(dropped, scale), -scale * SELU_LOWEST * rate);
}

/** −λα of SELU. */
const SELU_LOWEST = -1.6732632423543772 * 1.0507009873554805;

function checkRate(name: string, rate: number, x: Tensor): void {
  if (rate >= 0 && rate <= 1) return;
  throw new RangeError(
    `${name}: expected a rate in [0, 1]; received ${rate} for ${formatShape(x.shape)}. The rate is the share that is dropped.`,
  );
}

/** True for the elements that stay. */
function kept(x: Tensor, rate: number, key: Tensor, maskShape: Shape): Tensor {
  const along = maskShape.flatMap((extent, axis) => (extent === x.shape[axis] ? [axis] : []));
  const fits =
    maskShape.length === x.rank && maskShape.every((extent, d) => extent === 1 || extent === x.shape[d]);
  if (!fits) {
    throw new RangeError(
      `dropout: expected a maskShape with extents of ${formatShape(x.shape)} or 1; received ${formatShape(maskShape)}.`,
    );
  }
  const drawn = along.map((axis) => x.shape[axis]!);
  const bits = randomBits(key, drawn);
  return broadcast(lessEqual(full(drawn, dropThreshold(rate), 'int32'), bits), x.shape, along);
}

const WORDS = 2 ** 32;

/** Of the 2³² random int32, the share `rate` lies below this one. */
function dropThreshold(rate: number): number {
  return Math.min(WORDS - 1, Math.round(rate * WORDS)) - WORDS / 2;
}
