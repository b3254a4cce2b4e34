import { ops } from 'fathom';

/** Random numbers one after another; the same seed gives the same ones everywhere. */
export class Stream {
  readonly #seed: number;
  #counter = 0;

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    const [word] = ops.threefry(this.#seed, DATA, this.#counter++, 0);
    return (word >>> 8) * 2 ** -24;
  }

  /** Normal with mean 0 and deviation 1 (G. Box, M. Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }
}

/** Data have keys of their own, apart from those of weights. */
const DATA = 0x64617461;
