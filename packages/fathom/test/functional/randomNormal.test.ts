import { describe, expect, it } from 'vitest';
import { randomNormal } from '../../src/functional/index.ts';
import { constant } from '../../src/ops/index.ts';
import { evaluate, selectBackend } from '../../src/runtime.ts';
import { valuesOf } from '../support/values.ts';

const COUNT = 40_000;
const key = (a: number, b: number) => constant([a, b], [2], 'int32');

describe('randomNormal', () => {
  it('has the moments of the normal distribution', async () => {
    const z = await valuesOf(randomNormal(key(11, 12), [COUNT]));
    const moment = (power: number) => z.reduce((sum, value) => sum + value ** power, 0) / COUNT;
    // Deviations of these means: √((E z²ᵖ − (E zᵖ)²) / n) = 0.005, 0.007, 0.019, 0.049; five of them.
    expect(Math.abs(moment(1))).toBeLessThan(0.025);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.036);
    expect(Math.abs(moment(3))).toBeLessThan(0.1);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.25);
    expect(Math.max(...z.map(Math.abs))).toBeLessThan(5.5);
    // Neighbours know nothing of each other.
    const together = z.slice(1).reduce((sum, value, i) => sum + value * z[i]!, 0) / COUNT;
    expect(Math.abs(together)).toBeLessThan(0.025);
  });

  it('has the quantiles of the normal distribution', async () => {
    const z = (await valuesOf(randomNormal(key(21, 22), [COUNT]))).sort((a, b) => a - b);
    const quantiles = [
      [0.001, -3.090232306],
      [0.025, -1.959963985],
      [0.25, -0.6744897502],
      [0.5, 0],
      [0.9, 1.281551566],
      [0.999, 3.090232306],
    ] as const;
    for (const [share, expected] of quantiles) {
      // The deviation of a sample's quantile is √(p(1 − p)/n) over the density there; five of them.
      const density = Math.exp(-(expected ** 2) / 2) / Math.sqrt(2 * Math.PI);
      const bound = (5 * Math.sqrt((share * (1 - share)) / COUNT)) / density;
      expect(Math.abs(z[Math.floor(share * COUNT)]! - expected), `quantile ${share}`).toBeLessThan(bound);
    }
  });

  it('has the mean and deviation asked for, and is decided by the key', async () => {
    const z = await valuesOf(randomNormal(key(1, 2), [64]));
    const moved = await valuesOf(randomNormal(key(1, 2), [64], 3, 0.5));
    moved.forEach((value, i) => {
      expect(value).toBeCloseTo(3 + 0.5 * z[i]!, 10);
    });
    expect(await valuesOf(randomNormal(key(1, 3), [64]))).not.toEqual(z);
  });

  it('is the same on WebAssembly, up to rounding', async () => {
    const z = randomNormal(key(5, 6), [30, 37]);
    const expected = await valuesOf(z);
    const [actual] = await evaluate([z], undefined, await selectBackend('wasm', { threads: 1 }));
    expected.forEach((value, i) => {
      // The oracle does not round u to float32: 2⁻²⁵ of u is 3.5e-5 of z at 3.5 deviations.
      expect(Math.abs(actual![i]! - value)).toBeLessThan(1e-4);
    });
  });
});
