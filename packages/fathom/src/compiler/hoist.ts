import { accessesOf, countWriters, loadsOf, writesOf } from './axes.ts';
import type { Nest } from './nest.ts';

/**
 * Moves nests that compute the same in every iteration of a loop to before it: those that read nothing the loop
 * writes, such as the copy of a weight matrix in the order in which vectors read it.
 */
export function hoistInvariants(nests: readonly Nest[]): Nest[] {
  const writers = countWriters(nests);
  const result: Nest[] = [];
  for (let from = 0; from < nests.length; ) {
    const { loop } = nests[from]!;
    let end = from + 1;
    while (loop && nests[end]?.loop === loop) end++;
    if (!loop) result.push(nests[from]!);
    else {
      const inside = nests.slice(from, end);
      const varying = new Set(inside.flatMap(writesOf));
      const kept: Nest[] = [];
      for (const nest of inside) {
        const invariant =
          accessesOf(nest).every(({ advance }) => !advance) &&
          loadsOf(nest).every(({ access }) => !varying.has(access.buffer)) &&
          writesOf(nest).every((buffer) => writers.get(buffer) === 1);
        if (!invariant) {
          kept.push(nest);
          continue;
        }
        const { loop: _loop, tasks: _tasks, ...moved } = nest;
        result.push(moved);
        for (const buffer of writesOf(nest)) varying.delete(buffer);
      }
      result.push(...kept);
    }
    from = end;
  }
  return result;
}

/** Buffers that change while some loop runs. */
export function writtenInLoops(nests: readonly Nest[]): Set<number> {
  return new Set(nests.filter(({ loop }) => loop).flatMap(writesOf));
}
