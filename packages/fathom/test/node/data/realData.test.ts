import { describe, expect, it } from 'vitest';
import { describeDataset } from '../../../src/data/describe.ts';
import { loadDataset } from '../../../src/node/data/loadDataset.ts';

const data = process.env.FATHOM_DATA;
if (!data) console.log('MNIST and Fashion-MNIST: skipped, FATHOM_DATA is not set');

/** Samples in each class of MNIST, as published with the data. */
const MNIST_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
const MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];

describe.skipIf(!data)('real data', () => {
  it('is MNIST, with its well-known counts and statistics', async () => {
    const { train, test, source } = await loadDataset('mnist', { download: false });
    expect(source).toBe(`MNIST from ${data}/mnist`);
    const description = describeDataset(train);
    expect(description).toMatchObject({
      count: 60_000,
      shape: [28, 28, 1],
      dtype: 'uint8',
      min: 0,
      max: 255,
    });
    expect(description.classes.map(({ count }) => count)).toEqual(MNIST_TRAIN);
    expect(describeDataset(test).classes.map(({ count }) => count)).toEqual(MNIST_TEST);
    // The pair 0.1307, 0.3081 by which programs normalize MNIST.
    expect(description.mean / 255).toBeCloseTo(0.1307, 4);
    expect(description.std / 255).toBeCloseTo(0.3081, 4);
    expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
    expect([...test.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });

  it('is Fashion-MNIST, with its well-known statistics', async () => {
    const { train, test } = await loadDataset('fashion-mnist', { download: false });
    const description = describeDataset(train);
    expect(description.classes.map(({ count }) => count)).toEqual(new Array(10).fill(6000));
    expect(description.mean / 255).toBeCloseTo(0.286, 4);
    expect(description.std / 255).toBeCloseTo(0.353, 4);
    expect(test.classes[test.labels[0]!]).toBe('Ankle boot');
  });

  it('is cut by a limit', async () => {
    const { train, test } = await loadDataset('mnist', { download: false, limit: 100, testLimit: 30 });
    expect([train.count, train.images.length, test.count]).toEqual([100, 100 * 784, 30]);
  });
});
