import { describe, expect, it } from 'vitest';
import { argmax, mean, moments, oneHot, variance } from '../../src/functional/index.ts';
import { constant, input } from '../../src/ops/index.ts';
import { expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { valuesOf } from '../support/values.ts';

describe('mean and variance', () => {
  const x = constant([1, 2, 3, 7, 8, 12], [2, 3]);

  it('reduce over all axes, some, or keep them', async () => {
    expect(await valuesOf(mean(x))).toEqual([5.5]);
    expect(await valuesOf(mean(x, 1))).toEqual([2, 9]);
    expect(await valuesOf(mean(x, [0]))).toEqual([4, 5, 7.5]);
    expect(mean(x, -1, true).shape).toEqual([2, 1]);
    expect(variance(x, 0, true).shape).toEqual([1, 3]);
  });

  it('divide by n, not by n − 1', async () => {
    expect(await valuesOf(variance(constant([1, 3])))).toEqual([1]);
    const rows = await valuesOf(variance(x, 1));
    expect(rows[0]).toBeCloseTo(2 / 3, 12);
    expect(rows[1]).toBeCloseTo(14 / 3, 12);
  });

  it('have the gradients of their formulas', async () => {
    const random = seeded(5);
    const node = input('x', [4, 3]);
    const values = [Float64Array.from({ length: 12 }, () => 2 * random() - 1)];
    const { mean: average, variance: spread } = moments(node, [0]);
    await expectGradients(average, [node], values, random);
    await expectGradients(spread, [node], values, random);
  });
});

describe('argmax', () => {
  it('takes the first of equal values', async () => {
    expect(await valuesOf(argmax(constant([1, 7, 7, -3, -3, -5], [2, 3])))).toEqual([1, 0]);
    expect(argmax(constant([1, 2])).dtype).toBe('int32');
  });

  it('works along another axis', async () => {
    expect(await valuesOf(argmax(constant([1, 9, 4, 2], [2, 2]), 0))).toEqual([1, 0]);
  });
});

describe('oneHot', () => {
  it('has 1 at the label; labels outside have none', async () => {
    const labels = constant([2, 0, 3, -1], [4], 'int32');
    expect(await valuesOf(oneHot(labels, 3))).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});
