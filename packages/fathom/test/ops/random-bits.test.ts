import { describe, expect, it } from 'vitest';
import { constant, randomBits, randomBitsOp, threefry } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

/** From the file kat_vectors of Random123 1.14 (Salmon et al., SC 2011). */
const KNOWN_ANSWERS = [
  { rounds: 20, counter: [0, 0], key: [0, 0], answer: [0x6b200159, 0x99ba4efe] },
  { rounds: 20, counter: [-1, -1], key: [-1, -1], answer: [0x1cb996fc, 0xbb002be7] },
  {
    rounds: 20,
    counter: [0x243f6a88, 0x85a308d3],
    key: [0x13198a2e, 0x03707344],
    answer: [0xc4923a9c, 0x483df7a0],
  },
  { rounds: 13, counter: [0, 0], key: [0, 0], answer: [0x9d1c5ec6, 0x8bd50731] },
  { rounds: 13, counter: [-1, -1], key: [-1, -1], answer: [0xfd36d048, 0x2d17272c] },
  {
    rounds: 13,
    counter: [0x243f6a88, 0x85a308d3],
    key: [0x13198a2e, 0x03707344],
    answer: [0xba3e4725, 0xf27d669e],
  },
] as const;

describeOp(randomBitsOp);

describe('randomBits: its own facts', () => {
  it('follows the known answers of Random123 for Threefry-2x32 with 20 and with 13 rounds', () => {
    for (const { rounds, counter, key, answer } of KNOWN_ANSWERS) {
      const words = threefry(key[0], key[1], counter[0], counter[1], rounds).map((word) => word >>> 0);
      expect(words, `${rounds} rounds`).toEqual(answer);
    }
  });

  it('makes thirteen rounds, at counter 0 those of the known answer', async () => {
    const zero = constant([0, 0], [2], 'int32');
    expect(await valuesOf(randomBits(zero, [1]))).toEqual([0x9d1c5ec6 | 0]);
  });

  it('gives element i the first word at counter (i, 0)', async () => {
    const key = constant([11, -22], [2], 'int32');
    const expected = Array.from({ length: 12 }, (_, i) => threefry(11, -22, i, 0)[0]);
    expect(await valuesOf(randomBits(key, [3, 4]))).toEqual(expected);
  });

  it('gives a shorter tensor the beginning of a longer one, and another key other bits', async () => {
    const key = constant([1, 2], [2], 'int32');
    const long = await valuesOf(randomBits(key, [100]));
    expect(await valuesOf(randomBits(key, [10]))).toEqual(long.slice(0, 10));
    const other = await valuesOf(randomBits(constant([1, 3], [2], 'int32'), [100]));
    expect(other.filter((word, i) => word === long[i])).toHaveLength(0);
  });

  it('looks uniform: every bit is set about half of the time', async () => {
    const words = await valuesOf(randomBits(constant([7, 7], [2], 'int32'), [4096]));
    for (let bit = 0; bit < 32; bit++) {
      const set = words.filter((word) => (word >>> bit) & 1).length;
      // Five standard deviations of a fair coin: 5·√4096/2 = 160.
      expect(Math.abs(set - 2048), `bit ${bit}`).toBeLessThan(160);
    }
  });
});
