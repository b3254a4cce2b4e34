import type { Access } from '../ir/expr.ts';
import { type Load, loadsIn, rewriteNest } from './axes.ts';
import type { Nest, NestStore } from './nest.ts';

/**
 * Whether the nest that computes buffer `source` may write it over `target`, whose old values must not be needed
 * afterwards: no later nest reads them, and the writing nest only at the place that it writes.
 */
export function canWriteInPlace(
  nests: readonly Nest[],
  loads: readonly (readonly Load[])[],
  source: number,
  target: number,
): boolean {
  const writers = nests.flatMap((nest, i) =>
    nest.stores.some((s) => s.access.buffer === source) ? [i] : [],
  );
  const [writer] = writers;
  if (writers.length !== 1 || nests[writer!]!.fill) return false;
  const reads = (i: number) => loads[i]!.some(({ access }) => access.buffer === target);
  if (nests.some((_, i) => i > writer! && reads(i))) return false;
  const { reduce, stores } = nests[writer!]!;
  if (!reads(writer!)) return true;
  if (stores.length !== 1) return false;
  const [{ access: place, value }] = stores as [NestStore];
  if (reduce && loadsIn(reduce.body).some(({ access }) => access.buffer === target)) return false;
  return loadsIn(value).every(
    ({ access }) =>
      access.buffer !== target ||
      (!access.indirect &&
        access.offset === place.offset &&
        access.strides.every((stride, axis) => stride === place.strides[axis])),
  );
}

export function renameBuffers(nest: Nest, renamed: ReadonlyMap<number, number>): Nest {
  if (renamed.size === 0) return nest;
  const rename = (access: Access): Access => ({
    ...access,
    buffer: renamed.get(access.buffer) ?? access.buffer,
  });
  return rewriteNest(
    nest,
    nest.axes,
    rename,
    (strides) => [...strides],
    (axis) => axis,
  );
}
