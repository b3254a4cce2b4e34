import { formatShape, sizeOf } from '../../ir/shape.ts';
import { checkNumber } from '../checkNumber.ts';
import { RandomStream, seedKey } from '../random.ts';
import type { Initializer, SeedOptions } from './initializer.ts';

export interface OrthogonalOptions extends SeedOptions {
  /** Factor of all values. Default 1. */
  readonly gain?: number | undefined;
}

/**
 * A random matrix whose columns stand at right angles and have length `gain` (its rows, where there are fewer of them),
 * so that a signal keeps its length; weights of more axes count as matrices [all but the last, last].
 *
 * The matrix is Q of A = Q·R with A of normal numbers, all in float64. The diagonal of R is positive, which makes every
 * Q equally likely (F. Mezzadri, How to generate random matrices from the classical compact groups, 2007).
 *
 * Paper: A. Saxe, J. McClelland, S. Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural
 * networks (2014).
 *
 * @throws RangeError on a gain that is no finite number, or (when used) a weight of less than two axes
 * @example
 * dense({ units: 10, kernelInitializer: initializers.orthogonal({ gain: Math.SQRT2 }) });
 */
export function orthogonal(options: OrthogonalOptions = {}): Initializer {
  const { gain = 1, seed } = options;
  checkNumber(gain, 'orthogonal: gain');
  const fixed = seed === undefined ? undefined : seedKey(seed);
  return {
    name: 'orthogonal',
    config: () => ({ gain, ...(seed === undefined ? {} : { seed }) }),
    values(shape, key) {
      if (shape.length < 2) {
        throw new RangeError(
          `orthogonal: expected a weight of two axes or more; received ${formatShape(shape)}. Use zeros for biases.`,
        );
      }
      const columns = shape[shape.length - 1]!;
      const rows = sizeOf(shape.slice(0, -1));
      const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
      const random = new RandomStream(fixed ?? key);
      const vectors = Array.from({ length: count }, () =>
        Float64Array.from({ length }, () => random.normal()),
      );
      orthonormalize(vectors);
      const values = new Float32Array(rows * columns);
      vectors.forEach((vector, v) => {
        const [start, step] = rows < columns ? [v * columns, 1] : [v, columns];
        for (let i = 0; i < length; i++) values[start + i * step] = gain * vector[i]!;
      });
      return values;
    },
  };
}

/**
 * Gram and Schmidt's process in place: from each vector what lies along those before it is taken away, then its length
 * becomes 1. Done twice, rounding leaves no angle that is not right (L. Giraud et al., 2005).
 */
function orthonormalize(vectors: readonly Float64Array[]): void {
  const none = new Float64Array(vectors[0]?.length ?? 0);
  vectors.forEach((vector, v) => {
    const before = (u: number) => (u < v ? vectors[u]! : none);
    for (let pass = 0; pass < 2; pass++) {
      for (let u = 0; u < v; u += 4) takeAway(vector, before(u), before(u + 1), before(u + 2), before(u + 3));
    }
    let square = 0;
    for (const value of vector) square += value * value;
    const length = Math.sqrt(square);
    for (let i = 0; i < vector.length; i++) vector[i] = vector[i]! / length;
  });
}

/** Takes what lies along four directions away; four at once, since the vector then passes the cache a quarter as often. */
function takeAway(
  vector: Float64Array,
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
): void {
  let [alongA, alongB, alongC, alongD] = [0, 0, 0, 0];
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]!;
    alongA += value * a[i]!;
    alongB += value * b[i]!;
    alongC += value * c[i]!;
    alongD += value * d[i]!;
  }
  for (let i = 0; i < vector.length; i++) {
    const along = alongA * a[i]! + alongB * b[i]! + (alongC * c[i]! + alongD * d[i]!);
    vector[i] = vector[i]! - along;
  }
}
