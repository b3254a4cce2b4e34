import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { broadcast, constant, divide, pad, windowMax, windowSum } from '../ops/index.ts';
import { type Padding, type Pair, pairOf, type Windows, windowsAlong } from './spatial.ts';

export interface PoolOptions {
  /** Default 2. */
  readonly poolSize?: Pair;
  /** Default the pool size, so that windows do not overlap. */
  readonly strides?: Pair;
  /** Default 'valid'. */
  readonly padding?: Padding;
}

/**
 * The largest value of each window; ties give their gradient to the first maximum in row-major order.
 *
 * @param x [B, H, W, C]
 * @returns [B, OH, OW, C]
 * @throws RangeError when a window is larger than the image
 * @example
 * maxPool2d(constant([1, 3, 4, 0], [1, 2, 2, 1])); // [[[[4]]]]
 */
export function maxPool2d(x: Tensor, options: PoolOptions = {}): Tensor {
  const { rows, columns, attrs } = layOut('maxPool2d', x, options);
  const padded = pad(x, {
    low: [0, rows.low, columns.low, 0],
    high: [0, rows.high, columns.high, 0],
    value: -Infinity,
  });
  return windowMax(padded, attrs);
}

/**
 * The mean of each window; with padding 'same', of those places that lie in the image.
 *
 * @param x [B, H, W, C]
 * @returns [B, OH, OW, C]
 * @throws RangeError when a window is larger than the image
 * @example
 * averagePool2d(constant([1, 3, 4, 0], [1, 2, 2, 1])); // [[[[2]]]]
 */
export function averagePool2d(x: Tensor, options: PoolOptions = {}): Tensor {
  const { rows, columns, attrs } = layOut('averagePool2d', x, options);
  const padded = pad(x, { low: [0, rows.low, columns.low, 0], high: [0, rows.high, columns.high, 0] });
  const sums = windowSum(padded, attrs);
  const [, windowH, windowW] = attrs.window;
  if (padded === x) return divide(sums, windowH! * windowW!);
  const [, height, width] = x.shape;
  const alongH = placesInside(height!, rows, windowH!, attrs.strides[1]!);
  const alongW = placesInside(width!, columns, windowW!, attrs.strides[2]!);
  const counts = constant(
    alongH.flatMap((h) => alongW.map((w) => h * w)),
    [rows.count, columns.count],
  );
  return divide(sums, broadcast(counts, sums.shape, [1, 2]));
}

function layOut(
  name: string,
  x: Tensor,
  { poolSize = 2, strides = poolSize, padding = 'valid' }: PoolOptions,
) {
  if (x.rank !== 4) {
    throw new RangeError(`${name}: expected x [B,H,W,C]; received ${formatShape(x.shape)}.`);
  }
  const [windowH, windowW] = pairOf(poolSize);
  const [strideH, strideW] = pairOf(strides);
  const rows = windowsAlong(x.shape[1]!, windowH, strideH, padding);
  const columns = windowsAlong(x.shape[2]!, windowW, strideW, padding);
  if (rows.count < 1 || columns.count < 1) {
    throw new RangeError(
      `${name}: the window ${formatShape([windowH, windowW])} is larger than the image ${formatShape(x.shape.slice(1, 3))}. Use padding 'same' or a smaller window.`,
    );
  }
  return { rows, columns, attrs: { window: [1, windowH, windowW, 1], strides: [1, strideH, strideW, 1] } };
}

/** For each window, how many of its places lie in the image. */
function placesInside(extent: number, { count, low }: Windows, window: number, stride: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const start = i * stride - low;
    return Math.min(extent, start + window) - Math.max(0, start);
  });
}
