import type { Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add, cast, less, log, multiply, negative, randomBits, sqrt, subtract, where } from '../ops/index.ts';

/**
 * Random numbers of the normal distribution, decided by `key` alone: the same on every backend, up to rounding.
 *
 * z = √2 · erf⁻¹(u) for u uniform in (−1, 1). u is a float32, so |z| stays below 5.5.
 *
 * Paper: M. Giles, Approximating the erfinv function (2011).
 *
 * @param key int32 [2]
 * @param shape of the result
 * @example
 * randomNormal(constant([1, 2], [2], 'int32'), [3], 0, 0.1); // three numbers of deviation 0.1
 */
export function randomNormal(key: Tensor, shape: Shape, average = 0, deviation = 1): Tensor {
  const u = multiply(cast(randomBits(key, shape), 'float32'), LARGEST_BELOW_ONE / 2 ** 31);
  const w = negative(log(multiply(subtract(1, u), add(1, u))));
  const ratio = where(
    less(w, CENTRE_ENDS),
    polynomial(CENTRE, subtract(w, 2.5)),
    polynomial(TAILS, subtract(sqrt(w), 3)),
  );
  return add(multiply(multiply(ratio, u), deviation * Math.SQRT2), average);
}

/** Bits are uniform in [−2³¹, 2³¹); 1 itself would be infinitely far out. */
const LARGEST_BELOW_ONE = 1 - 2 ** -24;

/** erf⁻¹(u) / u for w = −ln(1 − u²) below 5 and above, in w − 2.5 and √w − 3; highest powers first (Giles, table 5). */
const CENTRE_ENDS = 5;
const CENTRE = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 2.1858087e-4, -1.25372503e-3, -4.17768164e-3,
  0.246640727, 1.50140941,
];
const TAILS = [
  -2.00214257e-4, 1.00950558e-4, 1.34934322e-3, -3.67342844e-3, 5.73950773e-3, -7.6224613e-3, 9.43887047e-3,
  1.00167406, 2.83297682,
];

function polynomial([first, ...others]: readonly number[], x: Tensor): Tensor {
  const [second, ...rest] = others;
  return rest.reduce(
    (sum: Tensor, coefficient) => add(multiply(sum, x), coefficient),
    add(multiply(x, first!), second!),
  );
}
