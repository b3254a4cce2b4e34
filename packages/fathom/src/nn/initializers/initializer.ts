import { type Shape, sizeOf } from '../../ir/shape.ts';
import { checkNumber } from '../checkNumber.ts';
import type { Named } from '../named.ts';
import { type Key, RandomStream, seedKey } from '../random.ts';

/** How the first values of a weight are made. */
export interface Initializer extends Named {
  /** The values of a weight of the given shape; the key decides what is drawn. */
  values(shape: Shape, key: Key): Float32Array;
}

export interface SeedOptions {
  /** Makes the values the same wherever the initializer is used; by default the model's seed decides. */
  readonly seed?: number | undefined;
}

/** How many numbers flow into and out of one place of a weight [...receptive field, in, out]. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    const size = sizeOf(shape);
    return { fanIn: size, fanOut: size };
  }
  const field = sizeOf(shape.slice(0, -2));
  return { fanIn: field * shape[shape.length - 2]!, fanOut: field * shape[shape.length - 1]! };
}

/** An initializer that draws every value by itself; `sampler` gives the way to draw one of a weight of that shape. */
export function drawing(
  name: string,
  options: SeedOptions & Record<string, unknown>,
  sampler: (shape: Shape) => (random: RandomStream) => number,
): Initializer {
  const { seed } = options;
  const fixed = seed === undefined ? undefined : seedKey(seed);
  const config = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return {
    name,
    config: () => ({ ...config }),
    values(shape, key) {
      const random = new RandomStream(fixed ?? key);
      const sample = sampler(shape);
      return Float32Array.from({ length: sizeOf(shape) }, () => sample(random));
    },
  };
}

/** Uniform in [−limit, limit). */
export function uniformWithin(limit: number): (random: RandomStream) => number {
  return (random) => limit * (2 * random.uniform() - 1);
}

/** Normal around 0, drawn anew where it is more than two deviations away. */
export function truncatedWith(deviation: number): (random: RandomStream) => number {
  return (random) => {
    for (;;) {
      const value = random.normal();
      if (Math.abs(value) <= TRUNCATION) return deviation * value;
    }
  };
}

/** Throws unless a deviation is one. */
export function checkDeviation(value: unknown, where: string): void {
  checkNumber(value, where, 'a finite number of 0 or more', (number) => number >= 0);
}

const TRUNCATION = 2;
