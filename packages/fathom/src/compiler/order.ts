import { commonDivisor } from './divisor.ts';
import type { Repetition } from './nest.ts';
import { type Scheduled, SOLO_CYCLES } from './schedule.ts';

/** Launches that a thread runs one after the other, chunk by chunk. */
export interface Stage {
  readonly launches: readonly Scheduled[];
  readonly chunks: number;
  readonly solo: boolean;
  /** The loop that the stage is repeated in; its stages follow each other. */
  readonly loop?: Repetition;
}

/** Fewer chunks than this would leave threads without work. */
const FEWEST_CHUNKS = 8;

interface Draft {
  readonly members: number[];
  chunks: number;
  readonly solo: boolean;
}

/** Cycles that a meeting of all threads takes. */
const BARRIER_CYCLES = 3000;

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
  const users = usersOfCopies(scheduled, waits);
  const done = new Set<number>();
  const stages: Draft[] = [];
  while (done.size < scheduled.length) {
    const wave: Draft[] = [];
    const stageOf = new Map<number, Draft>();
    scheduled.forEach((launch, i) => {
      if (done.has(i)) return;
      const open = waits[i]!.filter((j) => !done.has(j));
      if (!open.every((j) => stageOf.has(j))) return;
      const user = users.get(i);
      if (user !== undefined && !waits[user]!.every((j) => done.has(j) || users.get(j) === user)) return;
      const before = new Set(open.map((j) => stageOf.get(j)!));
      let stage: Draft | undefined;
      if (before.size === 0) {
        stage = launch.solo ? wave.find(({ solo }) => solo) : undefined;
        if (!stage) {
          stage = { members: [], chunks: launch.count, solo: launch.solo };
          wave.push(stage);
        }
      } else if (before.size === 1) {
        const [only] = before as Set<Draft>;
        if (canJoin(only!, launch, scheduled)) stage = only;
      }
      if (!stage) return;
      stage.chunks = commonDivisor(stage.chunks, launch.count);
      stage.members.push(i);
      stageOf.set(i, stage);
    });
    // Shared work first: the first thread's own launches then run beside the others' share of it.
    stages.push(...wave.filter(({ solo }) => !solo), ...wave.filter(({ solo }) => solo));
    for (const { members } of wave) for (const i of members) done.add(i);
  }
  return stages.map(({ members, chunks, solo }) => ({
    launches: members.map((i) => scheduled[i]!),
    chunks: solo ? 1 : chunks,
    solo,
  }));
}

/**
 * Copies of which a single launch reads the parts in the order in which they are made: each with that launch. Such a
 * copy waits until its user is due, so that both are a stage and a part is still in the cache when it is used.
 */
function usersOfCopies(
  scheduled: readonly Scheduled[],
  waits: readonly (readonly number[])[],
): ReadonlyMap<number, number> {
  const users = new Map<number, number>();
  scheduled.forEach(({ flops, count, solo }, i) => {
    if (flops > 0 || solo) return;
    const [user, ...others] = scheduled.flatMap((_, j) => (waits[j]!.includes(i) ? [j] : []));
    if (user === undefined || others.length > 0) return;
    if (canJoin({ members: [i], chunks: count, solo }, scheduled[user]!, scheduled)) users.set(i, user);
  });
  return users;
}

function canJoin(stage: Draft, launch: Scheduled, scheduled: readonly Scheduled[]): boolean {
  if (stage.solo || launch.solo) return stage.solo && launch.solo;
  if (commonDivisor(stage.chunks, launch.count) < Math.min(FEWEST_CHUNKS, stage.chunks)) return false;
  return stage.members.every((i) => {
    const other = scheduled[i]!;
    const conflicts = [
      ...launch.writes.filter((buffer) => other.reads.includes(buffer) || other.writes.includes(buffer)),
      ...launch.reads.filter((buffer) => other.writes.includes(buffer)),
    ];
    return conflicts.every((buffer) => {
      const mine = launch.slices.get(buffer);
      const theirs = other.slices.get(buffer);
      return mine !== undefined && theirs !== undefined && mine * launch.count === theirs * other.count;
    });
  });
}

/** For each launch the earlier ones that write what it touches, or touch what it writes. */
function dependencies(scheduled: readonly Scheduled[]): number[][] {
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
