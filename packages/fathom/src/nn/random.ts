import { threefry } from '../ops/index.ts';

/** The two words that decide a stream of random numbers. */
export type Key = readonly [number, number];

/**
 * The key of a run: a non-negative integer below 2⁵³.
 *
 * @throws RangeError on another seed
 */
export function seedKey(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`seed: expected an integer from 0 to ${Number.MAX_SAFE_INTEGER}; received ${seed}.`);
  }
  return [seed | 0, Math.floor(seed / 2 ** 32) | 0];
}

/** An independent key for part number `index` of what `key` decides. */
export function childKey(key: Key, index: number): Key {
  return threefry(key[0], key[1], index, CHILDREN);
}

/** Random numbers on the host, one after another. The same key gives the same numbers everywhere. */
export class RandomStream {
  readonly #key: Key;
  #counter = 0;
  #spare: number | undefined;

  constructor(key: Key) {
    this.#key = key;
  }

  /** Uniform in [0, 1), in steps of 2⁻²⁴, all of which are float32 numbers. */
  uniform(): number {
    let word = this.#spare;
    if (word === undefined) {
      const words = threefry(this.#key[0], this.#key[1], this.#counter++, VALUES);
      word = words[0];
      this.#spare = words[1];
    } else this.#spare = undefined;
    return (word >>> 8) * 2 ** -24;
  }

  /** Normal with mean 0 and deviation 1 (G. Box, M. Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** Second counter words, so that values and derived keys never come from the same block. */
const VALUES = 0;
const CHILDREN = 1;
