import { commonDivisor } from './divisor.ts';
import type { Scheduled } from './schedule.ts';

/** Fewer chunks than this would leave threads without work. */
const FEWEST_CHUNKS = 8;

/** A stage that grows. */
export interface Draft {
  /** Numbers of launches, in order. */
  readonly members: number[];
  chunks: number;
  readonly solo: boolean;
}

/** Cycles that a meeting of all threads takes. */
export const BARRIER_CYCLES = 3000;
/** Cycles that it takes at least to write a byte that leaves the cache and to read it again. */
export const CYCLES_A_BYTE = 0.1;

/** Puts launches into a stage, at the end or before the member number `at`, if all of them can be there. */
export function join(
  stage: Draft,
  group: readonly number[],
  scheduled: readonly Scheduled[],
  at = stage.members.length,
): boolean {
  const tried: Draft = { ...stage, members: [...stage.members] };
  for (const i of group) {
    if (!canJoin(tried, scheduled[i]!, scheduled)) return false;
    tried.chunks = commonDivisor(tried.chunks, scheduled[i]!.count);
    tried.members.push(i);
  }
  stage.chunks = tried.chunks;
  stage.members.splice(at, 0, ...group);
  return true;
}

/** What nothing else in a stage waits for comes at once after what it waits for itself, which need not be kept longer. */
export function lastUsesFirst(members: readonly number[], waits: readonly (readonly number[])[]): number[] {
  const needed = new Set(members.flatMap((i) => waits[i]!));
  const ordered = members.filter((i) => needed.has(i));
  const behind = new Map<number | undefined, number[]>();
  for (const i of members) {
    if (needed.has(i)) continue;
    const last = ordered.findLast((j) => waits[i]!.includes(j));
    behind.set(last, [...(behind.get(last) ?? []), i]);
  }
  return [...ordered.flatMap((i) => [i, ...(behind.get(i) ?? [])]), ...(behind.get(undefined) ?? [])];
}

/** For each stage the others that wait for it. */
function usersOf(stages: readonly Draft[], waits: readonly (readonly number[])[]): Map<Draft, Set<Draft>> {
  const stageOf = new Map(stages.flatMap((stage) => stage.members.map((i) => [i, stage] as const)));
  const users = new Map(stages.map((stage) => [stage, new Set<Draft>()]));
  for (const stage of stages) {
    for (const i of stage.members.flatMap((member) => waits[member]!)) {
      const other = stageOf.get(i)!;
      if (other !== stage) users.get(other)!.add(stage);
    }
  }
  return users;
}

/** For each stage the number of the first wave that it can be in. */
function wavesOf(users: ReadonlyMap<Draft, ReadonlySet<Draft>>): Map<Draft, number> {
  const before = new Map([...users.keys()].map((stage) => [stage, 0]));
  for (const others of users.values()) for (const user of others) before.set(user, before.get(user)! + 1);
  const waves = new Map<Draft, number>();
  let ready = [...users.keys()].filter((stage) => before.get(stage) === 0);
  for (let wave = 0; ready.length > 0; wave++) {
    const next: Draft[] = [];
    for (const stage of ready) {
      waves.set(stage, wave);
      for (const user of users.get(stage)!) {
        before.set(user, before.get(user)! - 1);
        if (before.get(user) === 0) next.push(user);
      }
    }
    ready = next;
  }
  return waves;
}

/** Whether `to` waits for `from` by way of another stage. */
function isReachedByOthers(users: ReadonlyMap<Draft, ReadonlySet<Draft>>, from: Draft, to: Draft): boolean {
  const seen = new Set<Draft>();
  const open = [...users.get(from)!].filter((stage) => stage !== to);
  for (let stage = open.pop(); stage; stage = open.pop()) {
    if (stage === to) return true;
    if (seen.has(stage)) continue;
    seen.add(stage);
    open.push(...users.get(stage)!);
  }
  return false;
}

/** Bytes that one stage leaves for another, in parts of which each chunk has its own. */
function bytesBetween(first: Draft, second: Draft, scheduled: readonly Scheduled[]): number {
  const read = new Set(second.members.flatMap((i) => scheduled[i]!.reads));
  return first.members.reduce((sum, i) => {
    const { writes, slices, count } = scheduled[i]!;
    return writes.reduce(
      (s, buffer) => s + (read.has(buffer) ? 4 * (slices.get(buffer) ?? 0) * count : 0),
      sum,
    );
  }, 0);
}

/** Bytes that others leave for a stage, as far as its chunks share them out. */
function bytesRead({ members }: Draft, scheduled: readonly Scheduled[]): number {
  const sizes = new Map<number, number>();
  const written = new Set(members.flatMap((i) => scheduled[i]!.writes));
  for (const { reads, slices, count } of members.map((i) => scheduled[i]!)) {
    for (const buffer of reads)
      if (!written.has(buffer)) sizes.set(buffer, 4 * (slices.get(buffer) ?? 0) * count);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

/**
 * Makes one stage of two, where the second can go on with the chunks of the first and the number of waves does not grow by
 * more than is saved by finding them in the cache.
 */
export function joinStages(
  stages: readonly Draft[],
  waits: readonly (readonly number[])[],
  scheduled: readonly Scheduled[],
): Draft[] {
  let all = [...stages];
  const count = (list: readonly Draft[]) => 1 + Math.max(...wavesOf(usersOf(list, waits)).values());
  for (const first of stages.toReversed()) {
    if (first.solo) continue;
    const users = usersOf(all, waits);
    const waves = wavesOf(users);
    const seconds = [...users.get(first)!].sort((a, b) => waves.get(a)! - waves.get(b)!);
    for (const second of seconds) {
      if (second.solo || isReachedByOthers(users, first, second)) continue;
      const together: Draft = { ...first, members: [...first.members] };
      if (!join(together, second.members, scheduled)) continue;
      const joined = all.flatMap((stage) => (stage === first ? [] : stage === second ? [together] : [stage]));
      // What it reads itself is then kept until later.
      const kept = waves.get(second)! === waves.get(first)! + 1 ? 0 : bytesRead(first, scheduled);
      const saved = CYCLES_A_BYTE * (bytesBetween(first, second, scheduled) - kept);
      if ((count(joined) - count(all)) * BARRIER_CYCLES > saved) continue;
      all = joined;
      break;
    }
  }
  return all;
}

/** The stages wave by wave; all that the first thread does alone in a wave is one. */
export function inWaves(stages: readonly Draft[], waits: readonly (readonly number[])[]): Draft[] {
  const waves = wavesOf(usersOf(stages, waits));
  const last = Math.max(-1, ...waves.values());
  return Array.from({ length: last + 1 }, (_, wave) => {
    const here = stages.filter((stage) => waves.get(stage) === wave);
    const alone = here.filter(({ solo }) => solo);
    // Shared work first: the first thread's own launches then run beside the others' share of it.
    const shared = here.filter(({ solo }) => !solo);
    if (alone.length === 0) return shared;
    return [...shared, { ...alone[0]!, members: alone.flatMap(({ members }) => members) }];
  }).flat();
}

/** Whether each chunk of a launch needs nothing but the same chunk of what is in the stage, or both are the first thread's. */
export function canJoin(stage: Draft, launch: Scheduled, scheduled: readonly Scheduled[]): boolean {
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
