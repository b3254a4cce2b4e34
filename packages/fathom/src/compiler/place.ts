import type { DType } from '../ir/shape.ts';
import type { NumericArray, Variable } from '../ir/tensor.ts';
import { type Lifetime, Lives, planMemory } from './memory.ts';
import type { Stage } from './order.ts';
import type { Buffer } from './program.ts';
import { verifyMemory } from './verify.ts';

/** What becomes of a buffer, before its place is known. */
export interface Draft {
  readonly size: number;
  readonly dtype: DType;
  readonly variable?: Variable;
  readonly constant?: NumericArray;
  /** Written or read from outside of the run: alive from before the first to after the last launch. */
  external: boolean;
}

/** Bytes of what is computed in some stages and does not stay in one of their chunks. */
export function farBytes(drafts: readonly Draft[], stages: readonly Stage[]): number {
  const locals = localsOf(drafts, stages);
  const written = new Set(stages.flatMap(({ launches }) => launches.flatMap(({ writes }) => writes)));
  return [...written].reduce((sum, i) => {
    const { size, variable } = drafts[i]!;
    return variable || locals.has(i) ? sum : sum + 4 * size;
  }, 0);
}

/** What only one stage touches, each chunk its own part of it: with that stage. */
function localsOf(drafts: readonly Draft[], stages: readonly Stage[]): Map<number, Stage> {
  const locals = new Map<number, Stage>();
  const touched = new Set<number>();
  for (const stage of stages) {
    for (const buffer of new Set(stage.launches.flatMap(({ reads, writes }) => [...reads, ...writes]))) {
      const { variable, constant, external } = drafts[buffer]!;
      if (touched.has(buffer)) locals.delete(buffer);
      else if (!variable && !constant && !external && isLocal(stage, buffer)) locals.set(buffer, stage);
      touched.add(buffer);
    }
  }
  return locals;
}

/** Places in memory for all buffers: those of one chunk on each thread, all others in one arena. */
export function placeBuffers(
  drafts: readonly Draft[],
  stages: readonly Stage[],
): { buffers: Buffer[]; arenaBytes: number; scratchBytes: number } {
  const count = drafts.length;
  const inStages = new Lives(count);
  const inLaunches = new Lives(count);
  let launch = 0;
  stages.forEach(({ launches, loop }, i) => {
    // What a loop touches lives through all of it.
    const begin = loop ? stages.findIndex((stage) => stage.loop === loop) : i;
    const end = loop ? stages.findLastIndex((stage) => stage.loop === loop) : i;
    for (const { reads, writes } of launches) {
      for (const buffer of [...reads, ...writes]) {
        inStages.touch(buffer, begin, end);
        inLaunches.touch(buffer, launch, launch);
      }
      launch++;
    }
  });
  const plan = (list: readonly number[], lives: Lives, bytesOf: (buffer: number) => number) => {
    const lifetimes = list.map((i): Lifetime => {
      const { first, last } = drafts[i]!.external ? ALWAYS : lives.of(i);
      return { bytes: bytesOf(i), first, last };
    });
    const { offsets, bytes } = planMemory(lifetimes);
    verifyMemory(lifetimes, offsets);
    return { offsets: new Map(list.map((i, n) => [i, offsets[n]!])), bytes };
  };
  const own = drafts.flatMap((draft, i) => (draft.variable || draft.constant ? [] : [i]));
  const locals = localsOf(drafts, stages);
  const chunkBytes = (i: number) => (4 * drafts[i]!.size) / locals.get(i)!.chunks;
  // A thread takes a chunk through one launch after the other. What all threads share lives through stages, whose
  // launches other threads may be done with, or not have begun.
  const onThread = plan(
    [...locals.keys()].sort((a, b) => a - b),
    inLaunches,
    chunkBytes,
  );
  const inArena = plan(
    own.filter((i) => !locals.has(i)),
    inStages,
    (i) => 4 * drafts[i]!.size,
  );
  const buffers = drafts.map(({ size, dtype, variable, constant }, i): Buffer => {
    if (variable) return { kind: 'variable', size, dtype, variable };
    if (constant) return { kind: 'constant', size, dtype, values: constant };
    const place = onThread.offsets.get(i);
    if (place !== undefined) return { kind: 'scratch', size: chunkBytes(i) / 4, dtype, offset: place };
    return { kind: 'arena', size, dtype, offset: inArena.offsets.get(i)! };
  });
  return { buffers, arenaBytes: inArena.bytes, scratchBytes: onThread.bytes };
}

/** From before the first launch to after the last one. */
const ALWAYS = { first: -1, last: Number.MAX_SAFE_INTEGER };

/** Whether every chunk of a stage has its own part of a buffer: then one chunk's worth of memory serves all. */
function isLocal({ launches, chunks, solo, loop }: Stage, buffer: number): boolean {
  if (loop || solo || chunks < 2 || launches.length < 2) return false;
  const [writer] = launches.filter(({ writes }) => writes.includes(buffer));
  const users = launches.filter(({ reads, writes }) => reads.includes(buffer) || writes.includes(buffer));
  return writer !== undefined && users[0] === writer && users.every(({ slices }) => slices.has(buffer));
}
