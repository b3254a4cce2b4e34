import type { Scheduled } from './schedule.ts';

/** Launches that a thread runs one after the other, chunk by chunk. */
export interface Stage {
  readonly launches: readonly Scheduled[];
  readonly chunks: number;
  readonly solo: boolean;
}

/** Fewer chunks than this would leave threads without work. */
const FEWEST_CHUNKS = 8;

interface Draft {
  readonly members: number[];
  chunks: number;
  readonly solo: boolean;
}

/**
 * Puts launches into stages and stages into waves. Within a wave no stage waits for another, so threads meet once a
 * wave. A launch joins the stage that it waits for if each of its chunks needs nothing but the same chunk of the
 * launches before it, or if both are the first thread's alone.
 */
export function orderLaunches(scheduled: readonly Scheduled[]): Stage[] {
  const waits = dependencies(scheduled);
  const done = new Set<number>();
  const stages: Draft[] = [];
  while (done.size < scheduled.length) {
    const wave: Draft[] = [];
    const stageOf = new Map<number, Draft>();
    scheduled.forEach((launch, i) => {
      if (done.has(i)) return;
      const open = waits[i]!.filter((j) => !done.has(j));
      if (!open.every((j) => stageOf.has(j))) return;
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
      stage.chunks = divisor(stage.chunks, launch.count);
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

function canJoin(stage: Draft, launch: Scheduled, scheduled: readonly Scheduled[]): boolean {
  if (stage.solo || launch.solo) return stage.solo && launch.solo;
  if (divisor(stage.chunks, launch.count) < Math.min(FEWEST_CHUNKS, stage.chunks)) return false;
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

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
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
