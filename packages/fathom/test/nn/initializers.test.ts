import { describe, expect, it } from 'vitest';
import {
  constant,
  fans,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  identity,
  lecunNormal,
  lecunUniform,
  ones,
  orthogonal,
  randomNormal,
  randomUniform,
  resolveInitializer,
  savedInitializer,
  truncatedNormal,
  varianceScaling,
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

describe('initializers with options', () => {
  const made: readonly Initializer[] = [
    zeros(),
    constant({ value: 0.3 }),
    identity({ gain: 2 }),
    lecunUniform({ seed: 4 }),
    lecunNormal(),
    orthogonal({ gain: 3, seed: 1 }),
    randomNormal({ mean: 1, stddev: 0.1 }),
    randomUniform({ minval: 1, maxval: 2 }),
    truncatedNormal(),
    varianceScaling({ scale: 2, mode: 'fanOut', distribution: 'untruncatedNormal' }),
  ];

  it.each(made)('come back from their saved form: $name', (initializer) => {
    const saved = JSON.parse(JSON.stringify(savedInitializer(initializer))) as never;
    const again = resolveInitializer(saved, 'here');
    expect(again.config()).toEqual(initializer.config());
    expect(again.values([6, 4], KEY)).toEqual(initializer.values([6, 4], KEY));
  });

  it('are saved by name alone where they have none', () => {
    expect(savedInitializer(glorotUniform())).toBe('glorotUniform');
    expect(savedInitializer(constant(2))).toEqual({ name: 'constant', value: 2 });
  });

  it('draw the same wherever they have a seed', () => {
    const draw = (key: readonly [number, number]) => heNormal({ seed: 5 }).values([30], key);
    expect(draw([1, 2])).toEqual(draw([7, 8]));
    expect(draw([1, 2])).not.toEqual(heNormal({ seed: 6 }).values([30], [1, 2]));
  });

  it('cut normal numbers at two deviations', () => {
    const values = truncatedNormal({ mean: 1, stddev: 0.5 }).values([4000], KEY);
    expect(Math.max(...values)).toBeLessThanOrEqual(2);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeGreaterThan(1.9);
  });

  it.each([[[7, 4]], [[4, 7]], [[5, 5]], [[3, 3, 2, 9]], [[2, 2, 3, 20]]])(
    'give right angles: %j',
    (shape) => {
      const gain = 1.5;
      const values = orthogonal({ gain }).values(shape, KEY);
      const columns = shape.at(-1)!;
      const rows = values.length / columns;
      const at = (v: number, i: number) =>
        rows < columns ? values[v * columns + i]! : values[i * columns + v]!;
      const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
      for (let a = 0; a < count; a++) {
        for (let b = 0; b <= a; b++) {
          let product = 0;
          for (let i = 0; i < length; i++) product += at(a, i) * at(b, i);
          expect(product).toBeCloseTo(a === b ? gain * gain : 0, 5);
        }
      }
    },
  );

  it('make matrices that change nothing', () => {
    expect(Array.from(identity().values([2, 3], KEY))).toEqual([1, 0, 0, 0, 1, 0]);
    expect(Array.from(identity({ gain: 2 }).values([3, 2], KEY))).toEqual([2, 0, 0, 2, 0, 0]);
  });

  it('say what is wrong', () => {
    const wrong: [() => unknown, string][] = [
      [() => constant(Number.NaN), 'constant: value'],
      [() => identity().values([2, 2, 2], KEY), 'identity: expected a weight of two axes; received [2,2,2]'],
      [
        () => orthogonal().values([4], KEY),
        'orthogonal: expected a weight of two axes or more; received [4]',
      ],
      [() => orthogonal({ gain: Infinity }), 'orthogonal: gain'],
      [() => randomNormal({ stddev: -1 }), 'randomNormal: stddev'],
      [() => truncatedNormal({ mean: Number.NaN }), 'truncatedNormal: mean'],
      [
        () => randomUniform({ minval: 1 }),
        'randomUniform: maxval: expected at least minval = 1; received 0.05.',
      ],
      [() => varianceScaling({ scale: 0 }), 'varianceScaling: scale'],
      [
        () => varianceScaling({ mode: 'fan_in' as 'fanIn' }),
        'expected one of fanIn, fanOut, fanAvg; received "fan_in"',
      ],
      [() => varianceScaling({ distribution: 'normal' as 'uniform' }), 'varianceScaling: distribution'],
      [() => glorotUniform({ seed: -1 }), 'seed: expected'],
      [
        () => resolveInitializer({ name: 'constant', valu: 1 }, 'd: kernelInitializer'),
        'd: kernelInitializer: expected of constant the options value; received valu.',
      ],
      [() => resolveInitializer('GlorotUniform' as 'zeros', 'here'), "Did you mean 'glorotUniform'?"],
    ];
    for (const [make, message] of wrong) expect(make).toThrow(message);
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
