import { normalizeAxis } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { broadcast } from '../ops/index.ts';

/** Repeats `reduced`, which is `like` without `axis`, along that axis again. */
export function repeatAlong(reduced: Tensor, like: Tensor, axis: number): Tensor {
  const dropped = normalizeAxis(axis, like.rank, 'repeatAlong');
  return broadcast(
    reduced,
    like.shape,
    like.shape.map((_, d) => d).filter((d) => d !== dropped),
  );
}
