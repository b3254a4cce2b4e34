import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { broadcast, constant, divide, max, pad, windowMax, windowSum } from '../ops/index.ts';
import { mean } from './mean.ts';
import {
  type Padding,
  type Pair,
  type PerAxis,
  perAxis,
  pictureAxes,
  type Single,
  spaceOf,
  spacePadding,
  type Triple,
  type Windows,
  windowsAlong,
} from './spatial.ts';

export interface PoolOptions<Size extends PerAxis = Pair> {
  /** Default 2. */
  readonly poolSize?: Size;
  /** Default the pool size, so that windows do not overlap. */
  readonly strides?: Size;
  /** Default 'valid'. */
  readonly padding?: Padding;
}

/** {@link maxPool2d} along one axis: [B, T, C] → [B, OT, C]. */
export function maxPool1d(x: Tensor, options: PoolOptions<Single> = {}): Tensor {
  return maxPool('maxPool1d', 1, x, options);
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
  return maxPool('maxPool2d', 2, x, options);
}

/** {@link maxPool2d} over a volume: [B, D, H, W, C] → [B, OD, OH, OW, C]. */
export function maxPool3d(x: Tensor, options: PoolOptions<Triple> = {}): Tensor {
  return maxPool('maxPool3d', 3, x, options);
}

/** {@link averagePool2d} along one axis: [B, T, C] → [B, OT, C]. */
export function averagePool1d(x: Tensor, options: PoolOptions<Single> = {}): Tensor {
  return averagePool('averagePool1d', 1, x, options);
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
  return averagePool('averagePool2d', 2, x, options);
}

/** {@link averagePool2d} over a volume: [B, D, H, W, C] → [B, OD, OH, OW, C]. */
export function averagePool3d(x: Tensor, options: PoolOptions<Triple> = {}): Tensor {
  return averagePool('averagePool3d', 3, x, options);
}

/**
 * The largest value of each channel: max x over all places; ties share the gradient.
 *
 * @param x [B, ...space, C]
 * @param keepDims leaves the axes of space with extent 1
 * @returns [B, C]
 * @example
 * globalMaxPool(constant([1, 3, 4, 0], [1, 2, 2, 1])); // [[4]]
 */
export function globalMaxPool(x: Tensor, keepDims = false): Tensor {
  return max(x, spaceAxes('globalMaxPool', x), keepDims);
}

/**
 * The mean of each channel over all places.
 *
 * Paper: M. Lin, Q. Chen, S. Yan, Network in network (2013).
 *
 * @param x [B, ...space, C]
 * @param keepDims leaves the axes of space with extent 1
 * @returns [B, C]
 * @example
 * globalAveragePool(constant([1, 3, 4, 0], [1, 2, 2, 1])); // [[2]]
 */
export function globalAveragePool(x: Tensor, keepDims = false): Tensor {
  return mean(x, spaceAxes('globalAveragePool', x), keepDims);
}

function maxPool(name: string, axes: number, x: Tensor, options: PoolOptions<PerAxis>): Tensor {
  const { windows, attrs } = layOut(name, axes, x, options);
  return windowMax(pad(x, { ...spacePadding(windows), value: -Infinity }), attrs);
}

function averagePool(name: string, axes: number, x: Tensor, options: PoolOptions<PerAxis>): Tensor {
  const { windows, attrs } = layOut(name, axes, x, options);
  const padded = pad(x, spacePadding(windows));
  const sums = windowSum(padded, attrs);
  if (padded === x)
    return divide(
      sums,
      attrs.window.reduce((size, n) => size * n, 1),
    );
  const along = windows.map((w, d) =>
    placesInside(x.shape[d + 1]!, w, attrs.window[d + 1]!, attrs.strides[d + 1]!),
  );
  const counts = constant(
    along.reduce((products, line) => products.flatMap((product) => line.map((n) => product * n)), [1]),
    windows.map(({ count }) => count),
  );
  return divide(
    sums,
    broadcast(
      counts,
      sums.shape,
      windows.map((_, d) => d + 1),
    ),
  );
}

function layOut(
  name: string,
  axes: number,
  x: Tensor,
  { poolSize = 2, strides = poolSize, padding = 'valid' }: PoolOptions<PerAxis>,
) {
  if (x.rank !== axes + 2) {
    throw new RangeError(`${name}: expected x ${pictureAxes(axes)}; received ${formatShape(x.shape)}.`);
  }
  const window = perAxis(poolSize, axes, `${name}: poolSize`);
  const steps = perAxis(strides, axes, `${name}: strides`);
  const windows = window.map((size, d) => windowsAlong(x.shape[d + 1]!, size, steps[d]!, padding));
  if (windows.some(({ count }) => count < 1)) {
    throw new RangeError(
      `${name}: the window ${formatShape(window)} is larger than the image ${formatShape(spaceOf(x.shape))}. Use padding 'same' or a smaller window.`,
    );
  }
  return { windows, attrs: { window: [1, ...window, 1], strides: [1, ...steps, 1] } };
}

/** For each window, how many of its places lie in the image. */
function placesInside(extent: number, { count, low }: Windows, window: number, stride: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const start = i * stride - low;
    return Math.min(extent, start + window) - Math.max(0, start);
  });
}

function spaceAxes(name: string, x: Tensor): number[] {
  if (x.rank < 3) {
    throw new RangeError(
      `${name}: expected x [B,...space,C] with at least one axis of space; received ${formatShape(x.shape)}.`,
    );
  }
  return spaceOf(x.shape).map((_, d) => d + 1);
}
