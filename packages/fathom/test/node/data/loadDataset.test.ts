import { describe, expect, it } from 'vitest';
import { type DatasetName, isDatasetName, loadDataset } from '../../../src/node/data/loadDataset.ts';

describe('loadDataset', () => {
  it('draws digits to train on and others to test with, and says so', async () => {
    const { train, test, source } = await loadDataset('digits', { limit: 200, testLimit: 50, seed: 3 });
    expect([train.count, test.count, train.shape, train.classes.length]).toEqual([200, 50, [28, 28, 1], 10]);
    expect(source).toBe('built-in handwritten-looking digits, drawn with seed 3');
    const samples = [train, test].flatMap(({ images, count }) =>
      Array.from({ length: count }, (_, i) => images.subarray(i * 784, (i + 1) * 784).join()),
    );
    expect(new Set(samples).size).toBe(250);
  });

  it('tests with the same digits whatever the seed and the limit', async () => {
    const first = await loadDataset('digits', { limit: 1, testLimit: 20, seed: 1 });
    const second = await loadDataset('digits', { limit: 2, testLimit: 20, seed: 2 });
    expect(second.test).toEqual(first.test);
    expect(second.train.images.subarray(0, 784)).not.toEqual(first.train.images);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses the limit %s', async (limit) => {
    await expect(loadDataset('digits', { limit })).rejects.toThrow(/expected limit to be 1 or more samples/);
    await expect(loadDataset('digits', { testLimit: limit })).rejects.toThrow(/expected testLimit/);
  });

  it('names the data sets when it does not know one', async () => {
    const name = 'mnits' as DatasetName;
    await expect(loadDataset(name)).rejects.toThrow(
      'expected one of mnist, fashion-mnist, digits; received mnits',
    );
    expect(isDatasetName(name)).toBe(false);
    expect(isDatasetName('digits')).toBe(true);
  });
});
