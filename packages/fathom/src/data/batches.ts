import { type Dataset, gatherSamples, type ImageValues, sliceSamples } from './dataset.ts';
import { permutation } from './random.ts';

export type BatchOptions = {
  /** Samples in a batch; Keras' default is 32. */
  readonly batchSize?: number;
  /** Shuffles when given. */
  readonly seed?: number;
  /** Which of the orders that `seed` stands for; count it up from epoch to epoch. */
  readonly epoch?: number;
  /** Leaves out the last batch when it is not full. By default it counts, with fewer samples. */
  readonly dropRemainder?: boolean;
};

/**
 * The data set cut into batches, each a data set itself; the last one holds what is left.
 *
 * Batches in the given order share memory with the data set; shuffled ones are copied, one at a time.
 *
 * @throws RangeError unless the batch size is a positive integer
 * @example
 * for (const batch of batches(dataset, { batchSize: 32, seed: 0, epoch: 3 })) console.log(batch.count);
 */
export function batches<Images extends ImageValues>(
  dataset: Dataset<Images>,
  options: BatchOptions = {},
): Iterable<Dataset<Images>> {
  const { batchSize = DEFAULT_BATCH_SIZE, seed, epoch = 0 } = options;
  const count = batchCount(dataset.count, options);
  return {
    *[Symbol.iterator]() {
      const order = seed === undefined ? undefined : permutation(dataset.count, { seed, epoch });
      for (let batch = 0; batch < count; batch++) {
        const start = batch * batchSize;
        const end = Math.min(start + batchSize, dataset.count);
        yield order ? gatherSamples(dataset, order.subarray(start, end)) : sliceSamples(dataset, start, end);
      }
    },
  };
}

/**
 * How many batches `samples` make: ⌈samples / batchSize⌉, or the floor with `dropRemainder`.
 *
 * @example
 * batchCount(100, { batchSize: 32 }); // 4
 */
export function batchCount(
  samples: number,
  { batchSize = DEFAULT_BATCH_SIZE, dropRemainder = false }: BatchOptions = {},
): number {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`batches: expected a batch size of 1 or more samples; received ${batchSize}.`);
  }
  return (dropRemainder ? Math.floor : Math.ceil)(samples / batchSize);
}

const DEFAULT_BATCH_SIZE = 32;
