import { createDataset, type Dataset, sliceSamples } from '../../data/dataset.ts';
import { syntheticDigits } from '../../data/digits/index.ts';
import { type LoadedDataset, type LoadMnistOptions, loadMnist } from './mnist.ts';
import { MNIST_SOURCES } from './sources.ts';

/** The data sets that `loadDataset` knows. */
export const DATASET_NAMES = ['mnist', 'fashion-mnist', 'digits'] as const;

export type DatasetName = (typeof DATASET_NAMES)[number];

export type LoadDatasetOptions = LoadMnistOptions & {
  /** At most this many training samples, the first ones; of `digits`, which never end, exactly this many. */
  readonly limit?: number | undefined;
  /** At most this many test samples, the first ones. */
  readonly testLimit?: number | undefined;
  /** Which of the endless digits `digits` draws for training. */
  readonly seed?: number;
};

/**
 * Loads a data set by name, a training and a test part: images [N, 28, 28, 1] in bytes 0 … 255.
 *
 * `mnist` and `fashion-mnist` come from files (see `loadMnist`); `digits` is drawn on the spot, by default 30,000 to
 * train on and 4,000 to test with.
 *
 * @throws RangeError on an unknown name or a limit below 1; MissingDataError when the files cannot be found
 * @example
 * const { train, test, source } = await loadDataset('digits', { limit: 1000 });
 */
export async function loadDataset(
  name: DatasetName,
  options: LoadDatasetOptions = {},
): Promise<LoadedDataset> {
  const { limit = Number.POSITIVE_INFINITY, testLimit = Number.POSITIVE_INFINITY } = options;
  checkLimit('limit', limit);
  checkLimit('testLimit', testLimit);
  switch (name) {
    case 'mnist':
    case 'fashion-mnist': {
      const { train, test, source } = await loadMnist(name, options);
      return { train: sliceSamples(train, 0, limit), test: sliceSamples(test, 0, testLimit), source };
    }
    case 'digits': {
      const { seed = 0 } = options;
      const trainCount = options.limit ?? DIGITS_TRAIN_COUNT;
      const testCount = Math.min(testLimit, DIGITS_TEST_COUNT);
      return {
        train: drawDigits('digits train', { seed, count: trainCount }),
        test: drawDigits('digits test', {
          seed: DIGITS_TEST_SEED,
          start: DIGITS_TEST_START,
          count: testCount,
        }),
        source: `built-in handwritten-looking digits, drawn with seed ${seed}`,
      };
    }
    default:
      name satisfies never;
      throw new RangeError(
        `loadDataset: expected one of ${DATASET_NAMES.join(', ')}; received ${String(name)}. Check the name.`,
      );
  }
}

/** Whether `loadDataset` knows this name. */
export function isDatasetName(name: string): name is DatasetName {
  return (DATASET_NAMES as readonly string[]).includes(name);
}

const DIGITS_TRAIN_COUNT = 30_000;
const DIGITS_TEST_COUNT = 4_000;
/** The test digits are the same whatever the seed of training; both numbers keep the two apart. */
const DIGITS_TEST_SEED = 1_000_000_007;
const DIGITS_TEST_START = 2 ** 40;

function drawDigits(
  name: string,
  options: { seed: number; count: number; start?: number },
): Dataset<Uint8Array> {
  const { images, labels, rows, columns } = syntheticDigits(options);
  return createDataset({
    name,
    images,
    labels,
    shape: [rows, columns, 1],
    classes: MNIST_SOURCES.mnist.classes,
  });
}

function checkLimit(name: string, limit: number): void {
  if (limit !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(limit) || limit < 1)) {
    throw new RangeError(`loadDataset: expected ${name} to be 1 or more samples; received ${limit}.`);
  }
}
