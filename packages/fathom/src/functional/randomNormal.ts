import type { Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add, cast, cos, log, multiply, randomBits, sqrt } from '../ops/index.ts';

/**
 * Random numbers of the normal distribution, decided by `key` alone: the same bits are drawn on every backend.
 *
 * z = √(−2·ln u)·cos(2π·v) for uniform u and v, drawn with the key and the one beside it. u has 32 bits, so that |z|
 * stays below 6.8.
 *
 * Paper: G. Box, M. Muller, A note on the generation of random normal deviates (1958).
 *
 * @param key int32 [2]
 * @param shape of the result
 * @example
 * randomNormal(constant([1, 2], [2], 'int32'), [3], 0, 0.1); // three numbers of deviation 0.1
 */
export function randomNormal(key: Tensor, shape: Shape, average = 0, deviation = 1): Tensor {
  const uniform = (of: Tensor) => {
    const word = cast(randomBits(of, shape), 'float32');
    // Bits are uniform in [−2³¹, 2³¹). The half keeps the least of them from 0, which has no logarithm.
    return multiply(add(add(word, HALF_WORDS), 0.5), 1 / (2 * HALF_WORDS));
  };
  const radius = sqrt(multiply(log(uniform(key)), -2));
  const z = multiply(radius, cos(multiply(uniform(add(key, 1)), 2 * Math.PI)));
  return add(multiply(z, deviation), average);
}

const HALF_WORDS = 2 ** 31;
