import { describe, expect, it } from 'vitest';
import { matmul } from '../../src/functional/index.ts';
import { constant, input } from '../../src/ops/index.ts';
import { expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { valuesOf } from '../support/values.ts';

describe('matmul', () => {
  const b = constant([1, 2, 3, 4, 5, 6], [3, 2]);

  it('multiplies matrices', async () => {
    const y = matmul(constant([1, 0, 2, 0, 1, -1], [2, 3]), b);
    expect(y.shape).toEqual([2, 2]);
    expect(await valuesOf(y)).toEqual([11, 14, -2, -2]);
  });

  it('takes a vector, and leading axes of the first factor', async () => {
    expect(await valuesOf(matmul(constant([1, 1, 1]), b))).toEqual([9, 12]);
    const y = matmul(constant([1, 1, 1, 1, 0, 0], [2, 1, 3]), b);
    expect(y.shape).toEqual([2, 1, 2]);
    expect(await valuesOf(y)).toEqual([9, 12, 1, 2]);
  });

  it('multiplies pairs of matrices where both have leading axes', async () => {
    const y = matmul(constant([1, 2, 3, 4], [2, 1, 2]), constant([1, 1, 2, 0], [2, 2, 1]));
    expect(y.shape).toEqual([2, 1, 1]);
    expect(await valuesOf(y)).toEqual([3, 6]);
  });

  it('has the gradients of its formula', async () => {
    const random = seeded(11);
    const [x, w] = [input('x', [2, 3, 4]), input('w', [2, 4, 5])];
    const values = [24, 40].map((n) => Float64Array.from({ length: n }, () => 2 * random() - 1));
    await expectGradients(matmul(x, w), [x, w], values, random);
  });

  it('refuses what does not fit', () => {
    expect(() => matmul(input('x', [2, 3]), input('w', [2, 3]))).toThrow('[2,3] · [2,3]');
    expect(() => matmul(input('x', [3, 2, 3]), input('w', [2, 3, 4]))).toThrow('equal leading axes');
    expect(() => matmul(input('x', [3]), input('w', [3]))).toThrow('matmul');
  });
});
