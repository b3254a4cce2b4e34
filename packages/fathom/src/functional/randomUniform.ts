import type { Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add, cast, multiply, randomBits } from '../ops/index.ts';

/**
 * Random numbers, uniform in [low, high], decided by `key` alone: the same on every backend, device and thread.
 *
 * @param key int32 [2]
 * @example
 * randomUniform(constant([1, 2], [2], 'int32'), [3], -1, 1); // three numbers in [-1, 1]
 */
export function randomUniform(key: Tensor, shape: Shape, low = 0, high = 1): Tensor {
  // Bits are uniform in [−2³¹, 2³¹).
  const centred = multiply(cast(randomBits(key, shape), 'float32'), (high - low) / 2 ** 32);
  return add(centred, (low + high) / 2);
}
