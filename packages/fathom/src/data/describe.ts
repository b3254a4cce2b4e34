import type { Dataset } from './dataset.ts';
import { meanAndStd } from './normalize.ts';

/** What `describeDataset` says about a data set, as plain data. */
export type DatasetDescription = {
  readonly name: string;
  readonly count: number;
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly dtype: 'uint8' | 'float32';
  /** Memory of images and labels. */
  readonly bytes: number;
  /** Samples in each class, in class order. */
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  /** Over all values of all images, in the unit they are stored in (bytes: 0 … 255). */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
};

/**
 * Counts and statistics of a data set: samples in each class, and the range, mean and population standard
 * deviation of the image values.
 *
 * @example
 * describeDataset(dataset).classes; // [{ name: '0', count: 5923 }, …] for MNIST's training set
 */
export function describeDataset(dataset: Dataset): DatasetDescription {
  const { name, count, shape, images, labels } = dataset;
  const counts = new Array<number>(dataset.classes.length).fill(0);
  for (const label of labels) counts[label]!++;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of images) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return {
    name,
    count,
    shape: [...shape],
    dtype: images instanceof Uint8Array ? 'uint8' : 'float32',
    bytes: images.byteLength + labels.byteLength,
    classes: dataset.classes.map((className, label) => ({ name: className, count: counts[label]! })),
    min,
    max,
    ...meanAndStd(images),
  };
}
