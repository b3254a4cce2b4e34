import { describe, expect, it } from 'vitest';
import { batchCount, batches } from '../../src/data/batches.ts';
import { createDataset, type Dataset, gatherSamples, sliceSamples } from '../../src/data/dataset.ts';
import { describeDataset } from '../../src/data/describe.ts';
import { DataError } from '../../src/data/errors.ts';
import { shuffle } from '../../src/data/shuffle.ts';
import { split } from '../../src/data/split.ts';

/** Sample i of shape [1, 2, 1] holds i and 100 + i; its label is i mod 3. */
function numbered(count: number): Dataset<Uint8Array> {
  return createDataset({
    name: 'numbered',
    images: Uint8Array.from({ length: 2 * count }, (_, i) => (i >> 1) + 100 * (i & 1)),
    labels: Uint8Array.from({ length: count }, (_, i) => i % 3),
    shape: [1, 2, 1],
    classes: ['a', 'b', 'c'],
  });
}

/** Which samples of `numbered` these are; checks that image and label stayed together. */
function idsOf(dataset: Dataset): number[] {
  return Array.from({ length: dataset.count }, (_, i) => {
    const id = dataset.images[2 * i]!;
    expect([dataset.images[2 * i + 1], dataset.labels[i]]).toEqual([100 + id, id % 3]);
    return id;
  });
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('createDataset', () => {
  const good = {
    name: 'tiny',
    images: new Float32Array(8),
    labels: Int32Array.of(0, 1),
    shape: [2, 2, 1],
    classes: ['no', 'yes'],
  };

  it('counts the samples', () => {
    expect(createDataset(good).count).toBe(2);
  });

  it.each([
    [
      'no sample',
      { images: new Float32Array(), labels: new Int32Array() },
      /data set is empty \(data set tiny\)/,
    ],
    [
      'a missing image',
      { images: new Float32Array(4) },
      /2 labels × 4 values a sample = 8 values, received 4 values/,
    ],
    [
      'a label too large',
      { labels: Int32Array.of(0, 2) },
      /out of range \(data set tiny, label 1\).*\[0, 2\).* 2\./,
    ],
    [
      'a negative label',
      { labels: Int32Array.of(-1, 0) },
      /label 0\): expected an integer in \[0, 2\), received -1/,
    ],
    ['no classes', { classes: [] }, /no classes/],
    ['an empty axis', { shape: [0, 2, 1] }, /received \[0,2,1\]/],
  ])('refuses %s', (_, change, message) => {
    expect(() => createDataset({ ...good, ...change })).toThrow(DataError);
    expect(() => createDataset({ ...good, ...change })).toThrow(message);
  });

  it.each([
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, 'an infinity'],
  ])('names sample and position of %s', (value, word) => {
    const images = new Float32Array(8);
    images[6] = value;
    expect(() => createDataset({ ...good, images })).toThrow(
      `the data holds ${word} (data set tiny, sample 1, position [1,0,0])`,
    );
  });
});

describe('gatherSamples', () => {
  it('copies the samples asked for, in that order', () => {
    expect(idsOf(gatherSamples(numbered(5), [4, 0, 4]))).toEqual([4, 0, 4]);
  });

  it.each([[[5]], [[-1]], [[0.5]], [[]]])('refuses %j of five samples', (indices) => {
    expect(() => gatherSamples(numbered(5), indices)).toThrow(DataError);
  });
});

describe('sliceSamples', () => {
  it('shares memory and stops at the end', () => {
    const whole = numbered(5);
    const part = sliceSamples(whole, 3, 99);
    expect(idsOf(part)).toEqual([3, 4]);
    expect(part.images.buffer).toBe(whole.images.buffer);
  });

  it('refuses to leave nothing', () => {
    expect(() => sliceSamples(numbered(5), 5)).toThrow(/empty \(samples 5 to 5 of data set numbered\)/);
  });
});

describe('shuffle', () => {
  it('keeps every sample with its label', () => {
    const ids = idsOf(shuffle(numbered(50), { seed: 1 }));
    expect(ids).not.toEqual(range(50));
    expect([...ids].sort((a, b) => a - b)).toEqual(range(50));
  });
});

describe('split', () => {
  it('validates with the last samples, as Keras does', () => {
    const { train, validation } = split(numbered(10), 0.25);
    expect(idsOf(train)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(idsOf(validation)).toEqual([7, 8, 9]);
  });

  it('with a seed cuts at random, and loses nothing', () => {
    const { train, validation } = split(numbered(50), 0.2, { seed: 5 });
    const all = [...idsOf(train), ...idsOf(validation)];
    expect([train.count, validation.count]).toEqual([40, 10]);
    expect(all).not.toEqual(range(50));
    expect(all.sort((a, b) => a - b)).toEqual(range(50));
  });

  it.each([0, 1, -0.1, 1.5, Number.NaN, 0.999])('refuses the fraction %s of three samples', (fraction) => {
    expect(() => split(numbered(3), fraction)).toThrow(/cannot be split so/);
  });
});

describe('batches', () => {
  it('counts the last partial batch', () => {
    const counts = Array.from(batches(numbered(10), { batchSize: 4 }), (batch) => batch.count);
    expect(counts).toEqual([4, 4, 2]);
    expect(batchCount(10, { batchSize: 4 })).toBe(3);
  });

  it('drops it only when asked to', () => {
    const options = { batchSize: 4, dropRemainder: true };
    expect(Array.from(batches(numbered(10), options), (batch) => batch.count)).toEqual([4, 4]);
    expect(batchCount(10, options)).toBe(2);
  });

  it.each([undefined, 3])('hands out each sample once a pass, for every batch size; seed %s', (seed) => {
    for (let batchSize = 1; batchSize <= 12; batchSize++) {
      const options = seed === undefined ? { batchSize } : { batchSize, seed };
      const ids = Array.from(batches(numbered(10), options), idsOf).flat();
      if (seed === undefined) expect(ids).toEqual(range(10));
      expect([...ids].sort((a, b) => a - b)).toEqual(range(10));
    }
  });

  it('shuffles anew each epoch, and alike for the same epoch', () => {
    const ids = (epoch: number) => Array.from(batches(numbered(40), { seed: 2, epoch }), idsOf).flat();
    expect(ids(0)).toEqual(ids(0));
    expect(ids(1)).not.toEqual(ids(0));
  });

  it('can be walked twice', () => {
    const walk = batches(numbered(5), { batchSize: 2, seed: 1 });
    expect(Array.from(walk, idsOf)).toEqual(Array.from(walk, idsOf));
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses the batch size %s when called', (batchSize) => {
    expect(() => batches(numbered(5), { batchSize })).toThrow(RangeError);
  });
});

describe('describeDataset', () => {
  it('counts classes and measures the values', () => {
    const dataset = createDataset({
      name: 'four',
      images: Uint8Array.of(0, 0, 10, 30),
      labels: Uint8Array.of(2, 0, 2, 2),
      shape: [1],
      classes: ['a', 'b', 'c'],
    });
    expect(describeDataset(dataset)).toEqual({
      name: 'four',
      count: 4,
      shape: [1],
      dtype: 'uint8',
      bytes: 8,
      classes: [
        { name: 'a', count: 1 },
        { name: 'b', count: 0 },
        { name: 'c', count: 3 },
      ],
      min: 0,
      max: 30,
      mean: 10,
      std: Math.sqrt(150),
    });
  });
});
