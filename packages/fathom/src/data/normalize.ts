import type { Dataset } from './dataset.ts';
import { DataError } from './errors.ts';

/** The largest value of a byte: grey levels divided by it lie in [0, 1]. */
const MAX_BYTE = 255;

/**
 * Scales values: y = x · scale + offset, as Keras' Rescaling layer; by default bytes 0 … 255 to [0, 1].
 *
 * @param values any shape
 * @returns the same shape, float32
 * @throws DataError when a result is not finite
 * @example
 * normalize(new Uint8Array([0, 255])); // Float32Array [0, 1]
 * normalize(new Uint8Array([0, 255]), { scale: 2 / 255, offset: -1 }); // Float32Array [-1, 1]
 */
export function normalize(
  values: ArrayLike<number>,
  { scale = 1 / MAX_BYTE, offset = 0 }: { scale?: number; offset?: number } = {},
): Float32Array<ArrayBuffer> {
  return map(values, scale, offset, 'normalize');
}

/**
 * Shifts and scales values to mean 0 and standard deviation 1: y = (x − mean) / max(std, epsilon), as Keras'
 * Normalization layer.
 *
 * Mean and standard deviation are those of `values` unless given; give those of the training set to the test set.
 *
 * @param values any shape
 * @returns the same shape, float32
 * @throws DataError when a result is not finite
 * @example
 * standardize([1, 3]); // Float32Array [-1, 1]
 */
export function standardize(
  values: ArrayLike<number>,
  statistics: { mean: number; std: number } = meanAndStd(values),
): Float32Array<ArrayBuffer> {
  const scale = 1 / Math.max(statistics.std, EPSILON);
  return map(values, scale, -statistics.mean * scale, 'standardize');
}

/**
 * Mean and population standard deviation of all values, in two passes of float64.
 *
 * @example
 * meanAndStd([1, 3]); // { mean: 2, std: 1 }
 */
export function meanAndStd(values: ArrayLike<number>): { mean: number; std: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, std: Math.sqrt(squares / values.length) };
}

/** The same data set with its images scaled by `normalize`: bytes become float32 in [0, 1]. */
export function normalizeImages(
  dataset: Dataset,
  { scale = 1 / MAX_BYTE, offset = 0 }: { scale?: number; offset?: number } = {},
): Dataset<Float32Array> {
  return { ...dataset, images: map(dataset.images, scale, offset, `data set ${dataset.name}`) };
}

/** As Keras' backend epsilon, below which a standard deviation counts as none. */
const EPSILON = 1e-7;

function map(
  values: ArrayLike<number>,
  scale: number,
  offset: number,
  where: string,
): Float32Array<ArrayBuffer> {
  const scaled = new Float32Array(values.length);
  for (let i = 0; i < scaled.length; i++) {
    // What counts is the value as it is stored: beyond float32 it has become infinite.
    scaled[i] = values[i]! * scale + offset;
    if (!Number.isFinite(scaled[i])) {
      throw new DataError({
        what: 'a scaled value is not finite',
        where: `${where}, position ${i}`,
        expected: 'finite float32 numbers',
        received: `${values[i]} · ${scale} + ${offset} = ${scaled[i]}`,
        fix: 'Repair or leave out that value, and check scale and offset.',
      });
    }
  }
  return scaled;
}
