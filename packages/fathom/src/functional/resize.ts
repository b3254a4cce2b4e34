import { formatShape, normalizeAxis } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add, broadcast, constant, gather, multiply, reshape } from '../ops/index.ts';

export type Interpolation = 'nearest' | 'bilinear';

/**
 * Another number of places along one axis. Cells are as wide as the whole divided by their number, and their centres
 * are compared (half-pixel): place i of the result lies at (i + ½)·from/to − ½ of the input. `nearest` takes the cell
 * it lies in, `linear` the two whose centres it lies between; beyond the outermost centres they are constant.
 *
 * @param x any shape
 * @returns the same shape, but `to` along `axis`
 * @throws RangeError when `to` is no positive integer, or nothing is there to be resized
 * @example
 * resizeAlong(constant([0, 4]), 0, 4, 'linear'); // [0, 1, 3, 4]
 */
export function resizeAlong(x: Tensor, axis: number, to: number, how: 'nearest' | 'linear'): Tensor {
  const along = normalizeAxis(axis, x.rank, 'resizeAlong');
  const from = x.shape[along]!;
  if (!(Number.isSafeInteger(to) && to >= 1) || from === 0) {
    throw new RangeError(
      `resizeAlong: expected a positive number of places from at least one; received ${to} from axis ${axis} of ${formatShape(x.shape)}.`,
    );
  }
  if (to === from) return x;
  if (how === 'nearest') return to % from === 0 ? repeat(x, along, to / from) : pick(x, along, to, nearest);
  const weights = Array.from({ length: to }, (_, i) => position(i, from, to) - lower(i, from, to));
  const low = pick(x, along, to, lower);
  const high = pick(x, along, to, upper);
  const share = (w: readonly number[]) => broadcast(constant(w), low.shape, [along]);
  return add(multiply(low, share(weights.map((w) => 1 - w))), multiply(high, share(weights)));
}

/**
 * Images of another size, by the nearest cell or by the four around each place, without antialiasing: as TensorFlow,
 * Keras and PyTorch (`align_corners=False`) do it.
 *
 * @param x [B, H, W, C]
 * @param size [height, width]
 * @returns [B, height, width, C]
 * @throws RangeError on other ranks
 * @example
 * resizeImages(ones([2, 3, 4, 1]), [6, 5], 'bilinear').shape; // [2, 6, 5, 1]
 */
export function resizeImages(
  x: Tensor,
  size: readonly [number, number],
  interpolation: Interpolation = 'bilinear',
): Tensor {
  if (x.rank !== 4) {
    throw new RangeError(`resizeImages: expected images [B, H, W, C]; received ${formatShape(x.shape)}.`);
  }
  const how = interpolation === 'bilinear' ? 'linear' : 'nearest';
  return resizeAlong(resizeAlong(x, 1, size[0], how), 2, size[1], how);
}

type PlaceOf = (i: number, from: number, to: number) => number;

/** Where place i of the result lies between the first and the last centre of the input. */
function position(i: number, from: number, to: number): number {
  return Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
}

const lower: PlaceOf = (i, from, to) => Math.floor(position(i, from, to));
const upper: PlaceOf = (i, from, to) => Math.min(from - 1, lower(i, from, to) + 1);
const nearest: PlaceOf = (i, from, to) => Math.min(from - 1, Math.floor(((i + 0.5) * from) / to));

function pick(x: Tensor, axis: number, to: number, place: PlaceOf): Tensor {
  const from = x.shape[axis]!;
  const places = Int32Array.from({ length: to }, (_, i) => place(i, from, to));
  return gather(x, constant(places, [to], 'int32'), { axis });
}

/** Each place so many times: a broadcast, whose gradient is a sum. */
function repeat(x: Tensor, axis: number, times: number): Tensor {
  const shape = x.shape.toSpliced(axis + 1, 0, times);
  const repeated = broadcast(
    x,
    shape,
    shape.map((_, d) => d).filter((d) => d !== axis + 1),
  );
  return reshape(repeated, x.shape.with(axis, x.shape[axis]! * times));
}
