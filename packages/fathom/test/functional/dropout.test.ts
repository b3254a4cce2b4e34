import { describe, expect, it } from 'vitest';
import { alphaDropout, dropout, randomNormal } from '../../src/functional/index.ts';
import { constant, input, ones } from '../../src/ops/index.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const key = (a: number, b: number) => constant([a, b], [2], 'int32');

describe('dropout', () => {
  it('drops the given share, and scales what stays', async () => {
    const y = await valuesOf(dropout(ones([20_000]), 0.25, key(1, 2)));
    const dropped = y.filter((value) => value === 0).length;
    // Five deviations: √(n·p·q) = 61.
    expect(Math.abs(dropped - 5000)).toBeLessThan(306);
    for (const value of y) if (value !== 0) expect(value).toBeCloseTo(4 / 3, 12);
  });

  it('is decided by the key', async () => {
    const run = (k: ReturnType<typeof key>) => valuesOf(dropout(ones([64]), 0.5, k));
    expect(await run(key(1, 2))).toEqual(await run(key(1, 2)));
    expect(await run(key(1, 2))).not.toEqual(await run(key(1, 3)));
    expect(await run(key(1, 2))).not.toEqual(await run(key(2, 2)));
  });

  it('has the mask as gradient', async () => {
    const x = constant(new Float32Array(32).fill(3));
    const y = dropout(x, 0.5, key(5, 6));
    expect(await gradientOf(y, x)).toEqual((await valuesOf(y)).map((value) => value / 3));
  });

  it('does nothing at rate 0, drops everything at rate 1, and refuses others', async () => {
    const x = input('x', [3]);
    expect(dropout(x, 0, key(0, 0))).toBe(x);
    expect(await valuesOf(dropout(ones([3]), 1, key(0, 0)))).toEqual([0, 0, 0]);
    expect(() => dropout(x, 1.5, key(0, 0))).toThrow('received 1.5');
    expect(() => dropout(x, Number.NaN, key(0, 0))).toThrow('rate');
  });

  it('drops what is infinite or NaN as well', async () => {
    const x = constant(new Float32Array(64).fill(Number.NaN));
    expect(await valuesOf(dropout(x, 0.5, key(1, 1)))).toContain(0);
  });
});

describe('dropout with a mask for several elements', () => {
  it('drops them together', async () => {
    const y = await valuesOf(dropout(ones([4, 5, 64]), 0.5, key(3, 4), [4, 1, 64]));
    for (let b = 0; b < 4; b++) {
      for (let c = 0; c < 64; c++) {
        const channel = Array.from({ length: 5 }, (_, t) => y[(b * 5 + t) * 64 + c]);
        expect(new Set(channel).size).toBe(1);
      }
    }
    expect(new Set(y)).toEqual(new Set([0, 2]));
  });

  it('refuses masks that do not lie along it', () => {
    expect(() => dropout(ones([4, 5]), 0.5, key(3, 4), [4, 2])).toThrow('received [4,2]');
    expect(() => dropout(ones([4, 5]), 0.5, key(3, 4), [4])).toThrow('received [4]');
  });
});

describe('alphaDropout', () => {
  const SAMPLES = 40_000;

  it('keeps mean 0 and variance 1', async () => {
    const y = await valuesOf(alphaDropout(randomNormal(key(1, 1), [SAMPLES]), 0.2, key(7, 8)));
    const average = y.reduce((sum, value) => sum + value, 0) / SAMPLES;
    const variance = y.reduce((sum, value) => sum + (value - average) ** 2, 0) / SAMPLES;
    // The mean of 40,000 numbers has deviation 0.005, their variance one of less than 0.01.
    expect(Math.abs(average)).toBeLessThan(0.025);
    expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  });

  it('puts the lowest value of SELU where it drops', async () => {
    const y = await valuesOf(alphaDropout(ones([1000]), 0.3, key(7, 8)));
    const lowest = -1.0507009873554805 * 1.6732632423543772;
    const scale = (0.7 * (1 + 0.3 * lowest ** 2)) ** -0.5;
    const [a, b] = [...new Set(y)].sort((p, q) => p - q);
    expect(a).toBeCloseTo(scale * lowest * 0.7, 6);
    expect(b).toBeCloseTo(scale * (1 - 0.3 * lowest), 6);
    const x = input('x', [3]);
    expect(alphaDropout(x, 0, key(0, 0))).toBe(x);
    expect(() => alphaDropout(x, 2, key(0, 0))).toThrow('alphaDropout: expected a rate');
  });
});
