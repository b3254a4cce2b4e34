import { describe, expect, it } from 'vitest';
import { batchNorm, moments } from '../../src/functional/index.ts';
import { constant, input } from '../../src/ops/index.ts';
import { expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { valuesOf } from '../support/values.ts';

describe('batchNorm', () => {
  it('brings each channel to mean 0 and variance 1, then scales and shifts it', async () => {
    const x = constant([1, 10, 3, 30], [2, 2]);
    const plain = batchNorm(x, { ...moments(x, [0]), epsilon: 0 });
    expect(await valuesOf(plain)).toEqual([-1, -1, 1, 1]);
    const full = batchNorm(x, {
      ...moments(x, [0]),
      gamma: constant([2, 3]),
      beta: constant([5, 7]),
      epsilon: 0,
    });
    expect(await valuesOf(full)).toEqual([3, 4, 7, 10]);
  });

  it('has the gradients of its formula, through mean and variance', async () => {
    const random = seeded(41);
    const nodes = [input('x', [5, 2, 3]), input('gamma', [3]), input('beta', [3])] as const;
    const [x, gamma, beta] = nodes;
    const y = batchNorm(x, { ...moments(x, [0, 1]), gamma, beta, epsilon: 1e-3 });
    const values = nodes.map(({ size }) => Float64Array.from({ length: size }, () => 2 * random() - 1));
    await expectGradients(y, nodes, values, random);
  });
});
