import { DataError } from './errors.ts';

/** The storage of images: bytes 0 … 255 as they are in a file, or numbers ready for a network. */
export type ImageValues = Uint8Array | Float32Array;

/** The storage of labels: class numbers 0 … classes − 1. */
export type LabelValues = Uint8Array | Int32Array;

/**
 * Labelled images, made and checked by `createDataset`.
 *
 * N samples of shape [H, W, C], channels last. Every function here returns a new data set and leaves its argument
 * as it was; parts cut off without a new order share the memory of the whole.
 */
export type Dataset<Images extends ImageValues = ImageValues> = {
  readonly name: string;
  /** [N, ...shape], row-major. */
  readonly images: Images;
  /** [N]. */
  readonly labels: LabelValues;
  /** Of one sample, for MNIST [28, 28, 1]. */
  readonly shape: readonly number[];
  /** The name of each class; a label is an index into it. */
  readonly classes: readonly string[];
  /** N. */
  readonly count: number;
};

/**
 * Puts images and labels together and checks that they can be a data set.
 *
 * @param parts images [N, ...shape], labels [N]
 * @throws DataError when there is no sample, the lengths differ, a label is out of range, or a value is not finite
 * @example
 * createDataset({
 *   name: 'two', images: new Uint8Array(8), labels: new Uint8Array([0, 1]), shape: [2, 2, 1], classes: ['a', 'b'],
 * }).count; // 2
 */
export function createDataset<Images extends ImageValues>(
  parts: Omit<Dataset<Images>, 'count'>,
): Dataset<Images> {
  const { name, images, labels, shape, classes } = parts;
  const where = `data set ${name}`;
  const count = labels.length;
  const size = sampleSize(shape);
  if (shape.length === 0 || !shape.every((extent) => Number.isSafeInteger(extent) && extent > 0)) {
    throw new DataError({
      what: 'the shape of a sample is not usable',
      where,
      expected: 'one or more positive integers, as [28,28,1]',
      received: `[${shape.join(',')}]`,
      fix: 'Pass the shape of one sample, without the number of samples.',
    });
  }
  if (classes.length === 0) {
    throw new DataError({
      what: 'the data set has no classes',
      where,
      expected: 'one name for each class',
      received: 'none',
      fix: "Pass the names, as ['0', '1', '2'].",
    });
  }
  if (count === 0) throw emptyDataset(where);
  if (images.length !== count * size) {
    throw new DataError({
      what: 'images and labels do not fit together',
      where,
      expected: `${count} labels × ${size} values a sample = ${count * size} values`,
      received: `${images.length} values`,
      fix: 'Check that both files belong together and the shape is that of one sample.',
    });
  }
  checkLabels(labels, classes.length, where);
  checkFinite(images, shape, where);
  return { name, images, labels, shape, classes, count };
}

/** Number of values in one sample of `shape`. */
export function sampleSize(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/**
 * The samples from `start` up to, not including, `end`; shares memory.
 *
 * @throws DataError when nothing is left
 * @example
 * sliceSamples(dataset, 0, 100); // the first hundred
 */
export function sliceSamples<Images extends ImageValues>(
  dataset: Dataset<Images>,
  start: number,
  end: number = dataset.count,
): Dataset<Images> {
  const from = Math.max(0, Math.min(start, dataset.count));
  const to = Math.max(from, Math.min(end, dataset.count));
  if (from === to) throw emptyDataset(`samples ${start} to ${end} of data set ${dataset.name}`);
  const size = sampleSize(dataset.shape);
  return {
    ...dataset,
    // subarray keeps the class of typed array, which its type does not say for a union.
    images: dataset.images.subarray(from * size, to * size) as Images,
    labels: dataset.labels.subarray(from, to),
    count: to - from,
  };
}

/**
 * The samples at `indices`, in that order, copied.
 *
 * @param indices [M], each in [0, N)
 * @throws DataError when an index is out of range or there is none
 * @example
 * gatherSamples(dataset, [2, 0]).count; // 2
 */
export function gatherSamples<Images extends ImageValues>(
  dataset: Dataset<Images>,
  indices: ArrayLike<number>,
): Dataset<Images> {
  const count = indices.length;
  if (count === 0) throw emptyDataset(`gatherSamples from data set ${dataset.name}`);
  const size = sampleSize(dataset.shape);
  const images = emptyLike(dataset.images, count * size);
  const labels = emptyLike(dataset.labels, count);
  for (let i = 0; i < count; i++) {
    const index = indices[i]!;
    if (!Number.isInteger(index) || index < 0 || index >= dataset.count) {
      throw new DataError({
        what: 'an index is out of range',
        where: `index ${i} of gatherSamples from data set ${dataset.name}`,
        expected: `an integer in [0, ${dataset.count})`,
        received: String(index),
        fix: 'Check how the indices were made.',
      });
    }
    images.set(dataset.images.subarray(index * size, (index + 1) * size), i * size);
    labels[i] = dataset.labels[index]!;
  }
  return { ...dataset, images, labels, count };
}

/**
 * Throws unless every label is an integer in [0, classes), or the one that is ignored.
 *
 * @throws DataError naming the first label that is not, and its index
 */
export function checkLabels(
  labels: ArrayLike<number>,
  classes: number,
  where = 'labels',
  ignored?: number,
): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label === ignored) continue;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new DataError({
        what: 'a label is out of range',
        where: `${where}, label ${i}`,
        expected: `an integer in [0, ${classes})`,
        received: String(label),
        fix: 'Check the labels and the number of classes.',
      });
    }
  }
}

/**
 * Throws unless every value is finite.
 *
 * @param values [N, ...shape]
 * @throws DataError naming the first sample and the position in it that holds NaN or an infinity
 */
export function checkFinite(values: ArrayLike<number>, shape: readonly number[], where = 'data'): void {
  if (values instanceof Uint8Array) return;
  const size = sampleSize(shape);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      throw new DataError({
        what: `the data holds ${Number.isNaN(value) ? 'NaN' : 'an infinity'}`,
        where: `${where}, sample ${Math.floor(i / size)}, position [${unravel(i % size, shape).join(',')}]`,
        expected: 'finite numbers',
        received: String(value),
        fix: 'Repair or leave out that sample; one such value turns every weight into NaN.',
      });
    }
  }
}

/** A zeroed typed array of the same class. */
function emptyLike<T extends ImageValues | LabelValues>(like: T, length: number): T {
  // The constructor of a typed array makes its own class, which TypeScript does not know of `constructor`.
  return new (like.constructor as new (length: number) => T)(length);
}

/** The position of a row-major offset in `shape`. */
function unravel(offset: number, shape: readonly number[]): number[] {
  const position: number[] = [];
  let rest = offset;
  for (const extent of [...shape].reverse()) {
    position.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return position;
}

function emptyDataset(where: string): DataError {
  return new DataError({
    what: 'the data set is empty',
    where,
    expected: 'at least one sample',
    received: 'none',
    fix: 'Check the file, the limit or the split.',
  });
}
