import type { Scheduled } from './schedule.ts';

/**
 * Orders launches in waves: a wave holds all launches that wait for nothing in it, so that threads meet once a wave
 * and not once a launch. Launches of the first thread alone may follow each other within a wave.
 */
export function orderLaunches(scheduled: readonly Scheduled[]): Scheduled[] {
  const waits = dependencies(scheduled);
  const done = new Set<number>();
  const order: number[] = [];
  while (order.length < scheduled.length) {
    const wave = new Set<number>();
    scheduled.forEach((launch, i) => {
      if (done.has(i)) return;
      const open = waits[i]!.filter((j) => !done.has(j));
      const follows = open.every((j) => launch.solo && wave.has(j) && scheduled[j]!.solo);
      if (follows) wave.add(i);
    });
    // The longest work first: the first thread's own launches then overlap with the others' share of it.
    const shared = [...wave].filter((i) => !scheduled[i]!.solo);
    const alone = [...wave].filter((i) => scheduled[i]!.solo);
    for (const i of [...shared, ...alone]) order.push(i);
    for (const i of wave) done.add(i);
  }
  return order.map((i) => scheduled[i]!);
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
