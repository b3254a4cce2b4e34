import { describe, expect, it } from 'vitest';
import {
  averagePool1d,
  averagePool2d,
  averagePool3d,
  globalAveragePool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '../../src/functional/index.ts';
import { constant, input } from '../../src/ops/index.ts';
import { expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describe('maxPool2d', () => {
  it('leaves out what fills no whole window, with padding valid', async () => {
    const x = constant([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    expect(await valuesOf(maxPool2d(x))).toEqual([5]);
  });

  it('takes the places of the image only, with padding same, also where all are negative', async () => {
    const x = constant([-1, -2, -3, -4, -5, -6, -7, -8, -9], [1, 3, 3, 1]);
    const y = maxPool2d(x, { padding: 'same' });
    expect(y.shape).toEqual([1, 2, 2, 1]);
    expect(await valuesOf(y)).toEqual([-1, -3, -7, -9]);
  });

  it('gives the gradient of a tie to the first place', async () => {
    const x = constant([2, 2, 2, 2], [1, 2, 2, 1]);
    expect(await gradientOf(maxPool2d(x), x)).toEqual([1, 0, 0, 0]);
  });

  it('has strides of its own', async () => {
    const x = constant([1, 5, 2, 6], [1, 1, 4, 1]);
    const y = maxPool2d(x, { poolSize: [1, 2], strides: 1 });
    expect(await valuesOf(y)).toEqual([5, 5, 6]);
  });

  it('refuses a window larger than the image', () => {
    expect(() => maxPool2d(input('x', [1, 1, 4, 1]))).toThrow('larger than the image [1,4]');
    expect(() => maxPool2d(input('x', [4, 4]))).toThrow('[B,H,W,C]');
  });
});

describe('averagePool2d', () => {
  const x = constant([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);

  it('averages whole windows', async () => {
    expect(await valuesOf(averagePool2d(x, { strides: 1 }))).toEqual([3, 4, 6, 7]);
  });

  it('divides by the places inside the image, with padding same', async () => {
    expect(await valuesOf(averagePool2d(x, { padding: 'same' }))).toEqual([3, 4.5, 7.5, 9]);
    expect(await valuesOf(averagePool2d(x, { poolSize: 3, strides: 2, padding: 'same' }))).toEqual([
      3, 4, 6, 7,
    ]);
  });

  it('has the gradients of its formula', async () => {
    const random = seeded(23);
    const node = input('x', [2, 5, 4, 3]);
    const values = [Float64Array.from({ length: node.size }, () => 2 * random() - 1)];
    const y = averagePool2d(node, { poolSize: 3, strides: 2, padding: 'same' });
    await expectGradients(y, [node], values, random);
  });
});

describe('pooling along one axis and over volumes', () => {
  const draw = (shape: number[]) => {
    const random = seeded(29);
    const node = input('x', shape);
    return { node, values: [Float64Array.from({ length: node.size }, () => 2 * random() - 1)], random };
  };

  it('finds the maximum and the mean', async () => {
    const line = constant([1, 5, 2, 6, 3], [1, 5, 1]);
    expect(await valuesOf(maxPool1d(line))).toEqual([5, 6]);
    expect(await valuesOf(maxPool1d(line, { padding: 'same' }))).toEqual([5, 6, 3]);
    expect(await valuesOf(averagePool1d(line, { poolSize: 2, padding: 'same' }))).toEqual([3, 4, 3]);
    const cube = constant([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2, 1]);
    expect(await valuesOf(maxPool3d(cube))).toEqual([8]);
    expect(await valuesOf(averagePool3d(cube))).toEqual([4.5]);
    expect(await valuesOf(averagePool3d(cube, { poolSize: [1, 2, 2] }))).toEqual([2.5, 6.5]);
  });

  it('has right gradients', async () => {
    for (const pool of [maxPool1d, averagePool1d]) {
      const { node, values, random } = draw([2, 7, 3]);
      await expectGradients(pool(node, { poolSize: 3, strides: 2, padding: 'same' }), [node], values, random);
    }
    for (const pool of [maxPool3d, averagePool3d]) {
      const { node, values, random } = draw([1, 3, 4, 3, 2]);
      await expectGradients(pool(node, { poolSize: 2, strides: 1, padding: 'same' }), [node], values, random);
    }
  });

  it('names what does not fit', () => {
    expect(() => maxPool1d(input('x', [1, 1, 4, 1]))).toThrow('maxPool1d: expected x [B,T,C]');
    expect(() => averagePool3d(input('x', [1, 1, 4, 4, 1]))).toThrow('larger than the image [1,4,4]');
  });
});

describe('global pooling', () => {
  const x = constant([1, 10, 2, 20, 6, 0], [1, 3, 2]);

  it('gives one number for each channel', async () => {
    expect(await valuesOf(globalMaxPool(x))).toEqual([6, 20]);
    expect(await valuesOf(globalAveragePool(x))).toEqual([3, 10]);
    expect(globalAveragePool(input('x', [4, 5, 6, 7]), true).shape).toEqual([4, 1, 1, 7]);
    expect(globalMaxPool(input('x', [4, 5, 6, 7]), true).shape).toEqual([4, 1, 1, 7]);
  });

  it('gives each place its share of the gradient', async () => {
    expect(await gradientOf(globalMaxPool(x), x)).toEqual([0, 0, 0, 1, 1, 0]);
    for (const share of await gradientOf(globalAveragePool(x), x)) expect(share).toBeCloseTo(1 / 3, 12);
  });

  it('wants an axis of space', () => {
    expect(() => globalMaxPool(input('x', [4, 5]))).toThrow('at least one axis of space');
  });
});
