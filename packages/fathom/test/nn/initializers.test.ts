import { describe, expect, it } from 'vitest';
import {
  fans,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  ones,
  zeros,
} from '../../src/nn/initializers/index.ts';
import { childKey, RandomStream, seedKey } from '../../src/nn/random.ts';

const SHAPE = [3, 3, 40, 60] as const;
const KEY = [1, 2] as const;
const deviation = (values: Float32Array) =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

describe('initializers', () => {
  it('count what flows in and out', () => {
    expect(fans([784, 128])).toEqual({ fanIn: 784, fanOut: 128 });
    expect(fans(SHAPE)).toEqual({ fanIn: 360, fanOut: 540 });
    expect(fans([7])).toEqual({ fanIn: 7, fanOut: 7 });
  });

  it('fill with constants', () => {
    expect(Array.from(zeros().values([2, 2], KEY))).toEqual([0, 0, 0, 0]);
    expect(Array.from(ones().values([3], KEY))).toEqual([1, 1, 1]);
  });

  it.each([
    [glorotUniform(), Math.sqrt(6 / 900)],
    [heUniform(), Math.sqrt(6 / 360)],
  ])('draw uniformly within the limit: $name', (initializer: Initializer, limit: number) => {
    const values = initializer.values(SHAPE, KEY);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual(limit);
    expect(largest).toBeGreaterThan(0.999 * limit);
    expect(deviation(values)).toBeCloseTo(limit / Math.sqrt(3), 3);
  });

  it.each([
    [glorotNormal(), Math.sqrt(2 / 900)],
    [heNormal(), Math.sqrt(2 / 360)],
  ])('draw normally, cut at two deviations: $name', (initializer: Initializer, expected: number) => {
    const values = initializer.values(SHAPE, KEY);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeLessThanOrEqual((2 * expected) / 0.8796256610342398 + 1e-6);
    expect(deviation(values) / expected).toBeCloseTo(1, 2);
  });

  it('are decided by the key', () => {
    const draw = (key: readonly [number, number]) => glorotUniform().values([50], key);
    expect(draw([1, 2])).toEqual(draw([1, 2]));
    expect(draw([1, 2])).not.toEqual(draw([2, 1]));
  });
});

describe('random numbers on the host', () => {
  it('are uniform in [0, 1)', () => {
    const random = new RandomStream(KEY);
    const values = Array.from({ length: 10_000 }, () => random.uniform());
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    // Five deviations of the mean of uniform numbers: 5·√(1/12/10⁴).
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.0145);
    expect(new Set(values).size).toBeGreaterThan(9_990);
  });

  it('have keys that differ from seed to seed and part to part', () => {
    const keys = [0, 1, 2 ** 32, 2 ** 53 - 1].flatMap((seed) =>
      [-1, 0, 1].map((part) => childKey(seedKey(seed), part).join()),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('refuse other seeds', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) expect(() => seedKey(seed)).toThrow('seed: expected');
  });
});
