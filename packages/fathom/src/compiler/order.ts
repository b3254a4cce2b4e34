import { commonDivisor } from './divisor.ts';
import type { Repetition } from './nest.ts';
import { type Scheduled, SOLO_CYCLES } from './schedule.ts';
import { BARRIER_CYCLES, canJoin, type Draft, inWaves, join, joinStages, lastUsesFirst } from './stages.ts';

/** Launches that a thread runs one after the other, chunk by chunk. */
export interface Stage {
  readonly launches: readonly Scheduled[];
  readonly chunks: number;
  readonly solo: boolean;
  /** The loop that the stage is repeated in; its stages follow each other. */
  readonly loop?: Repetition;
}

/**
 * The stages of all launches, in order. To those outside of it a loop is one piece of work that no other joins; its
 * own launches are one stage if possible (see `Loop`), and are ordered like a program of their own otherwise.
 */
export function orderLaunches(scheduled: readonly Scheduled[]): Stage[] {
  const groups: Scheduled[][] = [];
  for (const launch of scheduled) {
    const last = groups[groups.length - 1] ?? [];
    if (launch.loop && last[0]?.loop === launch.loop) last.push(launch);
    else groups.push([launch]);
  }
  const units = groups.map((group) => (group[0]!.loop ? united(group) : group[0]!));
  const members = new Map(units.map((unit, i) => [unit, groups[i]!]));
  return orderUnits(units).flatMap((stage): Stage[] => {
    const [first] = stage.launches as [Scheduled];
    return first.loop ? orderLoop(members.get(first)!, first.loop) : [stage];
  });
}

/** A loop as one launch, which touches what its launches touch; without slices, so that nothing joins it. */
function united(members: readonly Scheduled[]): Scheduled {
  const all = (lists: readonly (readonly number[])[]) => [...new Set(lists.flat())];
  return {
    ...members[0]!,
    solo: false,
    reads: all(members.map(({ reads }) => reads)),
    writes: all(members.map(({ writes }) => writes)),
    slices: new Map(),
  };
}

/** The stages of a loop: one, if no chunk needs anything of another one or if it is small; else as many as it takes. */
function orderLoop(members: readonly Scheduled[], loop: Repetition): Stage[] {
  const once = members.reduce((sum, { cycles = 0 }) => sum + cycles, 0);
  const chunks = commonChunks(members);
  const alone: Stage = { launches: members, chunks: 1, solo: true, loop };
  if (once * loop.count < SOLO_CYCLES) return [alone];
  if (chunks > 1) {
    return [{ launches: members, chunks, solo: false, loop }];
  }
  const stages = orderUnits(members);
  const gained = stages.reduce(
    (sum, { solo, launches }) =>
      solo ? sum : sum + launches.reduce((c, { cycles = 0 }) => c + cycles / 2, 0),
    0,
  );
  if (gained < stages.length * BARRIER_CYCLES) return [alone];
  return stages.map((stage) => ({ ...stage, loop }));
}

/**
 * The number of chunks that launches can be cut into so that each touches, of all that is written among them, its own
 * part only; 1 if there is no such number.
 */
function commonChunks(members: readonly Scheduled[]): number {
  const written = new Set(members.flatMap(({ writes }) => writes));
  const lengths = new Map<number, number>();
  for (const { reads, writes, slices, count } of members) {
    for (const buffer of [...reads, ...writes]) {
      if (!written.has(buffer)) continue;
      const slice = slices.get(buffer);
      if (slice === undefined) return 1;
      const length = lengths.get(buffer) ?? slice * count;
      if (length !== slice * count) return 1;
      lengths.set(buffer, length);
    }
  }
  return members.map(({ count }) => count).reduce((a, b) => commonDivisor(a, b));
}

/**
 * Puts launches into stages and stages into waves. Within a wave no stage waits for another, so threads meet once a
 * wave. A launch joins the stage that it waits for if each of its chunks needs nothing but the same chunk of the
 * launches before it, or if both are the first thread's alone.
 */
function orderUnits(scheduled: readonly Scheduled[]): Stage[] {
  const waits = dependencies(scheduled);
  const deferred = deferredTo(scheduled, waits);
  const isDeferred = new Set([...deferred.values()].flat());
  const done = new Set<number>();
  const waves: Draft[][] = [];
  while (done.size < scheduled.length) {
    const wave: Draft[] = [];
    const stageOf = new Map<number, Draft>();
    scheduled.forEach((launch, i) => {
      if (done.has(i) || isDeferred.has(i)) return;
      const group = [...(deferred.get(i) ?? []), i];
      const open = group.flatMap((j) => waits[j]!.filter((k) => !done.has(k) && !group.includes(k)));
      if (!open.every((j) => stageOf.has(j))) return;
      const [stage, ...others] = new Set(open.map((j) => stageOf.get(j)!));
      if (others.length > 0) return;
      // What was put off comes at once after what it waits for.
      const isPutOff = stage !== undefined && group.length > 1;
      const at = isPutOff ? 1 + stage.members.findLastIndex((j) => open.includes(j)) : undefined;
      const found = stage ?? (launch.solo ? wave.find(({ solo }) => solo) : undefined);
      const own = found ?? { members: [], chunks: scheduled[group[0]!]!.count, solo: launch.solo };
      if (!join(own, group, scheduled, at)) return;
      if (!found) wave.push(own);
      for (const j of group) stageOf.set(j, own);
    });
    waves.push(wave);
    for (const i of wave.flatMap(({ members }) => members)) done.add(i);
  }
  const stages = inWaves(joinStages(waves.flat(), waits, scheduled), waits);
  return stages.map(({ members, chunks, solo }) => ({
    launches: lastUsesFirst(members, waits).map((i) => scheduled[i]!),
    chunks: solo ? 1 : chunks,
    solo,
  }));
}

/**
 * Launches that wait until the only one that reads what they write is due, each with all that waits for it, in order: so
 * both are one stage, and a part is still in the cache when it is used. These are copies, and what is computed a second
 * time, if their parts are read in the order in which they are made.
 */
function deferredTo(
  scheduled: readonly Scheduled[],
  waits: readonly (readonly number[])[],
): ReadonlyMap<number, readonly number[]> {
  const after = scheduled.map((): number[] => []);
  waits.forEach((list, j) => {
    for (const i of list) after[i]!.push(j);
  });
  const due = new Map<number, number>();
  // Those that come later first: one may wait for another that waits.
  for (let i = scheduled.length - 1; i >= 0; i--) {
    const { flops, count, solo, late, writes } = scheduled[i]!;
    // Others may write what it reads, if they come later.
    const [user, ...others] = after[i]!;
    const reads = (j: number) => scheduled[j]!.reads.some((buffer) => writes.includes(buffer));
    if ((flops > 0 && !late) || solo || user === undefined || others.some(reads) || !reads(user)) continue;
    if (canJoin({ members: [i], chunks: count, solo }, scheduled[user]!, scheduled))
      due.set(i, due.get(user) ?? user);
  }
  const deferred = new Map<number, number[]>();
  for (const [i, user] of due) deferred.set(user, [i, ...(deferred.get(user) ?? [])]);
  for (const [user, group] of deferred) {
    const { count, solo } = scheduled[group[0]!]!;
    if (!join({ members: [], chunks: count, solo }, [...group, user], scheduled)) deferred.delete(user);
  }
  return deferred;
}

/** For each launch the earlier ones that write what it touches, or touch what it writes. */
export function dependencies(scheduled: readonly Scheduled[]): number[][] {
  const writer = new Map<number, number>();
  const readers = new Map<number, number[]>();
  return scheduled.map(({ reads, writes }, i) => {
    const waits = new Set<number>();
    for (const buffer of [...reads, ...writes]) {
      const last = writer.get(buffer);
      if (last !== undefined) waits.add(last);
    }
    for (const buffer of writes) for (const reader of readers.get(buffer) ?? []) waits.add(reader);
    for (const buffer of writes) {
      writer.set(buffer, i);
      readers.set(buffer, []);
    }
    for (const buffer of reads) readers.set(buffer, [...(readers.get(buffer) ?? []), i]);
    waits.delete(i);
    return [...waits];
  });
}
