import { describe, expect, it } from 'vitest';
import { permutation, philox4x32 } from '../../src/data/random.ts';

const ALL = 0xffffffff;

describe('philox4x32', () => {
  // Known answers published with the paper's library Random123 (kat_vectors).
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [ALL, ALL, ALL, ALL],
      [ALL, ALL],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('gives the published words for counter %j, key %j', (counter, key, words) => {
    expect(philox4x32(counter, key)).toEqual(words);
  });
});

describe('permutation', () => {
  it('holds every index once, for many sizes and seeds', () => {
    for (let count = 0; count < 60; count++) {
      const order = permutation(count, { seed: count * 7 });
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    }
  });

  it('depends on seed and epoch alone', () => {
    const order = permutation(1000, { seed: 3, epoch: 9 });
    expect(permutation(1000, { seed: 3, epoch: 9 })).toEqual(order);
    expect(permutation(1000, { seed: 4, epoch: 9 })).not.toEqual(order);
    expect(permutation(1000, { seed: 3, epoch: 10 })).not.toEqual(order);
    expect(permutation(1000, { seed: 3 + 2 ** 32, epoch: 9 })).not.toEqual(order);
  });

  it('gives each of the 24 orders of four the same chance', () => {
    const seen = new Map<string, number>();
    const draws = 24_000;
    for (let epoch = 0; epoch < draws; epoch++) {
      const key = permutation(4, { seed: 11, epoch }).join('');
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
    const expected = draws / 24;
    const chiSquared = [...seen.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(seen.size).toBe(24);
    // The 99.9 % quantile of χ² with 23 degrees of freedom; the draws are seeded, so this cannot flicker.
    expect(chiSquared).toBeLessThan(49.73);
  });

  it.each([
    [-1, 0, 0],
    [1.5, 0, 0],
    [2 ** 31, 0, 0],
    [3, -1, 0],
    [3, 0, Number.NaN],
  ])('refuses count %s, seed %s, epoch %s', (count, seed, epoch) => {
    expect(() => permutation(count, { seed, epoch })).toThrow(RangeError);
  });
});
