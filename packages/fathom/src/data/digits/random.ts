const GOLDEN = 0x9e3779b9;
const TWO_32 = 4294967296;

/**
 * A stream of random numbers that is a pure function of its keys: draw `n` is a hash of (keys, n).
 *
 * It uses integer and basic IEEE-754 arithmetic only, so that every JavaScript engine draws the same picture
 * (`Math.sin`, `Math.exp` and the like may differ in the last bit).
 *
 * @example
 * const a = new CounterRandom(0, 7);
 * a.uniform(); // in [0, 1), the same for every stream made with the keys (0, 7)
 */
export class CounterRandom {
  private readonly low: number;
  private readonly high: number;
  private counter = 0;

  constructor(...keys: number[]) {
    let low = 0x243f6a88;
    let high = 0x85a308d3;
    for (const key of keys) {
      low = mix((low ^ key) + GOLDEN);
      high = mix((high ^ Math.floor(key / TWO_32)) + low);
      low = mix(low + high);
    }
    this.low = low;
    this.high = high;
  }

  /** 32 random bits as an unsigned integer. */
  bits(): number {
    this.counter = (this.counter + 1) | 0;
    return mix(mix(Math.imul(this.counter, GOLDEN) + this.low) ^ this.high) >>> 0;
  }

  /** Uniform in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / TWO_32);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.bits() < probability * TWO_32;
  }

  /**
   * Nearly normal: a scaled sum of four 16-bit uniforms (Irwin-Hall), variance 1, never beyond 3.5.
   * The bounded tails are wanted: an outlier would make an unreadable digit with a wrong label.
   */
  normal(): number {
    const a = this.bits();
    const b = this.bits();
    const sum = (a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16);
    return (sum / 65536 - 2) * SQRT_3;
  }

  /** Positive and right-skewed: about exp(deviation · normal), median 1. */
  skewed(deviation: number): number {
    const root = 1 + (deviation * this.normal()) / 8;
    const square = root * root;
    const fourth = square * square;
    return fourth * fourth;
  }

  /** An index drawn in proportion to the weights. */
  pick(weights: readonly number[]): number {
    let total = 0;
    for (const weight of weights) total += weight;
    let left = this.uniform(0, total);
    for (let i = 0; i < weights.length - 1; i++) {
      left -= weights[i]!;
      if (left < 0) return i;
    }
    return weights.length - 1;
  }
}

const SQRT_3 = Math.sqrt(3);

/** A bijection of 32 bits with good avalanche (Wellons, hash-prospector, "lowbias32"). */
function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97);
  return x ^ (x >>> 15);
}
