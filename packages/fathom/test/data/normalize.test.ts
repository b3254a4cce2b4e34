import { describe, expect, it } from 'vitest';
import { createDataset } from '../../src/data/dataset.ts';
import { DataError } from '../../src/data/errors.ts';
import { meanAndStd, normalize, normalizeImages, standardize } from '../../src/data/normalize.ts';
import { oneHot } from '../../src/data/oneHot.ts';

const allBytes = Uint8Array.from({ length: 256 }, (_, i) => i);

describe('normalize', () => {
  it('gives byte / 255, correctly rounded, for every byte', () => {
    expect(normalize(allBytes)).toEqual(Float32Array.from(allBytes, (byte) => byte / 255));
  });

  it('takes scale and offset, as Rescaling does', () => {
    expect([...normalize([0, 127.5, 255], { scale: 2 / 255, offset: -1 })]).toEqual([-1, 0, 1]);
  });

  it.each([[[1, Number.NaN]], [[0, Number.POSITIVE_INFINITY]], [[0, 1e300]]])('refuses %j', (values) => {
    expect(() => normalize(values)).toThrow(DataError);
    expect(() => normalize(values)).toThrow(/\(normalize, position 1\)/);
  });

  it('scales the images of a data set and leaves the original as it was', () => {
    const images = Uint8Array.of(0, 255);
    const dataset = createDataset({
      name: 'x',
      images,
      labels: Uint8Array.of(0),
      shape: [2],
      classes: ['a'],
    });
    expect(normalizeImages(dataset).images).toEqual(Float32Array.of(0, 1));
    expect(images).toEqual(Uint8Array.of(0, 255));
  });
});

describe('standardize', () => {
  it('leaves mean 0 and standard deviation 1', () => {
    const { mean, std } = meanAndStd(standardize(allBytes));
    expect(mean).toBeCloseTo(0, 6);
    expect(std).toBeCloseTo(1, 6);
  });

  it('takes the statistics of another set', () => {
    expect([...standardize([4, 8], { mean: 2, std: 2 })]).toEqual([1, 3]);
  });

  it('turns a constant into zeros', () => {
    expect([...standardize([5, 5])]).toEqual([0, 0]);
  });
});

describe('oneHot', () => {
  it('puts one 1 into each row: cat, dog, horse', () => {
    expect([...oneHot([0, 1, 2], 3)]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it('is undone by the place of the 1', () => {
    const labels = Uint8Array.from({ length: 97 }, (_, i) => (i * 31) % 10);
    const rows = oneHot(labels, 10);
    expect(rows).toHaveLength(970);
    labels.forEach((label, i) => {
      const row = rows.subarray(10 * i, 10 * i + 10);
      expect([row.indexOf(1), row.reduce((a, b) => a + b)]).toEqual([label, 1]);
    });
  });

  it.each([
    [[0, 3], 1, '3'],
    [[-1], 0, '-1'],
    [[1, 1, 0.5], 2, '0.5'],
    [[Number.NaN], 0, 'NaN'],
  ] as const)('refuses %j, naming index %i and value %s', (labels, index, value) => {
    expect(() => oneHot(labels, 3)).toThrow(
      `a label is out of range (oneHot, label ${index}): expected an integer in [0, 3), received ${value}.`,
    );
  });

  it.each([0, -1, 2.5])('refuses %s classes', (classes) => {
    expect(() => oneHot([], classes)).toThrow(RangeError);
  });
});
