import { countWriters, writesOf } from './axes.ts';
import { renameBuffers } from './inplace.ts';
import type { Nest } from './nest.ts';

/**
 * Makes equal copies once: operands that two contractions read in the same order, such as the gradient that both
 * weight matrices of a recurrent layer are contracted with. Only copies to buffers that a pass has made for itself are
 * left out.
 */
export function shareCopies(nests: readonly Nest[], isTemporary: (buffer: number) => boolean): Nest[] {
  const writers = countWriters(nests);
  const copies = new Map<string, { source: number; target: number }>();
  const renamed = new Map<number, number>();
  return nests.flatMap((given) => {
    const nest = renameBuffers(given, renamed);
    for (const [key, { source }] of copies) if (writesOf(nest).includes(source)) copies.delete(key);
    const copy = copyOf(nest);
    if (!copy || !isTemporary(copy.target) || writers.get(copy.target) !== 1) return [nest];
    const known = copies.get(copy.key);
    if (known) {
      renamed.set(copy.target, known.target);
      return [];
    }
    copies.set(copy.key, copy);
    return [nest];
  });
}

/** What a nest copies where, if it does nothing else; equal keys copy the same in the same order. */
function copyOf(nest: Nest): { key: string; source: number; target: number } | undefined {
  const { axes, stores, reduce, fill, loop } = nest;
  const [store] = stores;
  if (reduce || fill || loop || stores.length !== 1 || store!.accumulate) return undefined;
  const { value, access } = store!;
  if (value.kind !== 'load' || value.access.indirect || access.indirect) return undefined;
  const { buffer: source, ...from } = value.access;
  const { buffer: target, ...to } = access;
  return { key: JSON.stringify([source, axes, from, to, value.dtype]), source, target };
}
