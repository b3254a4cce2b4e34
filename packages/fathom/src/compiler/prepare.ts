import { countWriters, loadsOf, writesOf } from './axes.ts';
import type { Nest } from './nest.ts';

/**
 * Parts nests into those that depend on nothing that differs from one run to the next, and all others. The first, such
 * as the weights of a network in the order in which vectors read them, are run again only after a variable has been
 * given other values. `sourceOf` says of a buffer that is not computed whether it holds the same in all runs (`fixed`)
 * or not (`changing`).
 */
export function splitPrepared(
  nests: readonly Nest[],
  sourceOf: (buffer: number) => 'fixed' | 'changing' | undefined,
): { prepared: Nest[]; others: Nest[]; isPrepared: (buffer: number) => boolean } {
  const writers = countWriters(nests);
  const ready = new Set<number>();
  const prepared: Nest[] = [];
  const others: Nest[] = [];
  const isPrepared = (buffer: number) => sourceOf(buffer) === 'fixed' || ready.has(buffer);
  for (const nest of nests) {
    const read = loadsOf(nest).map(({ access }) => access.buffer);
    const fixed =
      !nest.loop &&
      read.length > 0 &&
      read.every(isPrepared) &&
      writesOf(nest).every((buffer) => writers.get(buffer) === 1 && sourceOf(buffer) === undefined);
    (fixed ? prepared : others).push(nest);
    if (fixed) for (const buffer of writesOf(nest)) ready.add(buffer);
  }
  return { prepared, others, isPrepared };
}
