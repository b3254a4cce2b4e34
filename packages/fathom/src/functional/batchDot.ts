import { formatShape, normalizeAxis } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { contract, divide, maximum, multiply, sqrt, sum } from '../ops/index.ts';

/**
 * Scalar products within each sample of a batch: y[b, …, …] = Σₖ x[b, …, k, …] · z[b, …, k, …].
 *
 * @param x [B, ...]
 * @param z [B, ...]
 * @param axes the axis of each to sum over, not 0; negative ones count from the end
 * @param options with `normalize`, vectors along these axes are brought to length 1 first; lengths below 1e-7 count
 *   as 1e-7
 * @returns [B, the other axes of x, the other axes of z]
 * @throws RangeError when the batches or the two axes have different extents
 * @example
 * batchDot(ones([2, 3, 5]), ones([2, 10, 3]), [1, 2]).shape; // [2, 5, 10]
 */
export function batchDot(
  x: Tensor,
  z: Tensor,
  axes: readonly [number, number],
  { normalize = false }: { readonly normalize?: boolean } = {},
): Tensor {
  const i = normalizeAxis(axes[0], x.rank, 'batchDot: axes');
  const j = normalizeAxis(axes[1], z.rank, 'batchDot: axes');
  if (i === 0 || j === 0 || x.shape[i] !== z.shape[j] || x.shape[0] !== z.shape[0]) {
    throw new RangeError(
      `batchDot: expected one batch and one extent along the axes ${i} and ${j}, neither being 0; received ${formatShape(x.shape)} and ${formatShape(z.shape)}.`,
    );
  }
  const [a, b] = normalize ? [ofLengthOne(x, i), ofLengthOne(z, j)] : [x, z];
  const [batch, k] = [0, 1];
  const free = (t: Tensor, summed: number, first: number) => {
    let next = first;
    return t.shape.map((_, d) => (d === 0 ? batch : d === summed ? k : next++));
  };
  const inX = free(x, i, 2);
  const inZ = free(z, j, x.rank);
  const space = new Array<{ name: string; size: number }>(x.rank + z.rank - 2);
  inX.forEach((axis, d) => {
    space[axis] = { name: axis === batch ? 'b' : axis === k ? 'k' : `x${d}`, size: x.shape[d]! };
  });
  inZ.forEach((axis, d) => {
    space[axis] ??= { name: `z${d}`, size: z.shape[d]! };
  });
  const at = (axis: number) => [[axis, 1]] as const;
  return contract(a, b, {
    axes: space,
    a: inX.map(at),
    b: inZ.map(at),
    out: [batch, ...inX.filter((axis) => axis > k), ...inZ.filter((axis) => axis > k)].map(at),
  });
}

function ofLengthOne(x: Tensor, axis: number): Tensor {
  // The root of a number that is never 0, where its slope would be infinite.
  return divide(x, sqrt(maximum(sum(multiply(x, x), axis, true), SHORTEST ** 2)));
}

const SHORTEST = 1e-7;
