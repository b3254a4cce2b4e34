import { RandomStream, seedKey } from '../../src/nn/random.ts';
import { seeded } from '../support/random.ts';

/** Points in the plane in three clouds, which a small network tells apart. */
export function clouds(count: number, seed = 1): { x: Float32Array; y: Int32Array; oneHot: Float32Array } {
  const random = seeded(seed);
  const centres = [
    [0, 1],
    [1, -0.7],
    [-1, -0.7],
  ];
  const x = new Float32Array(2 * count);
  const y = new Int32Array(count);
  const oneHot = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    y[i] = i % 3;
    oneHot[3 * i + y[i]!] = 1;
    for (const axis of [0, 1]) x[2 * i + axis] = centres[y[i]!]![axis]! + 0.6 * (random() - 0.5);
  }
  return { x, y, oneHot };
}

/** Points [count, 2] around a centre, flat; the seed decides them. */
export function gaussian(
  count: number,
  [x, y]: readonly [number, number],
  seed: number,
  deviation = 0.3,
): Float32Array {
  const random = new RandomStream(seedKey(seed));
  return Float32Array.from(
    { length: 2 * count },
    (_, i) => (i % 2 === 0 ? x : y) + deviation * random.normal(),
  );
}
