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
    expect(Math.max(...z.map(Math.abs))).toBeLessThan(6.8);
    // Neighbours know nothing of each other.
    const together = z.slice(1).reduce((sum, value, i) => sum + value * z[i]!, 0) / COUNT;
    expect(Math.abs(together)).toBeLessThan(0.025);
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
      // The root magnifies the rounding of a u near 1, by 1/z at most.
      expect(Math.abs(actual![i]! - value)).toBeLessThan(1e-4);
    });
  });
});
