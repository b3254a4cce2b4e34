import type { Stage } from './order.ts';
import type { Buffer, Launch, Loop } from './program.ts';

/**
 * The launches of all stages, and the loops among them, with a barrier before each stage that touches memory which a
 * stage since the last barrier touches in conflict. A loop of several stages has one before each iteration.
 */
export function withBarriers(
  stages: readonly Stage[],
  buffers: readonly Buffer[],
): { launches: Launch[]; loops: Loop[] } {
  const launches: Launch[] = [];
  const loops: Loop[] = [];
  let pending: { reads: Range[]; writes: Range[]; solo: boolean }[] = [];
  const ranges = (list: readonly number[]) => list.map((buffer) => rangeOf(buffer, buffers[buffer]!));
  stages.forEach((stage, number) => {
    const { chunks, solo, loop } = stage;
    const reads = ranges(stage.launches.flatMap((launch) => launch.reads));
    const writes = ranges(stage.launches.flatMap((launch) => launch.writes));
    const begins = loop !== undefined && stages[number - 1]?.loop !== loop;
    const conflict = pending.some(
      (other) =>
        !(other.solo && solo) &&
        (overlap(other.writes, reads) || overlap(other.writes, writes) || overlap(other.reads, writes)),
    );
    const barrier = conflict || (begins && stages[number + 1]?.loop === loop);
    if (barrier) pending = [];
    pending.push({ reads, writes, solo });
    const first = launches.length;
    stage.launches.forEach(({ cycles: _cycles, loop: _loop, late: _late, ...launch }, i) => {
      launches.push({ ...launch, solo, stage: number, chunks, barrier: barrier && i === 0 });
    });
    if (begins) loops.push({ first, end: launches.length, count: loop.count });
    else if (loop) loops.push({ ...loops.pop()!, end: launches.length });
  });
  return { launches, loops };
}

interface Range {
  readonly space: string;
  readonly from: number;
  readonly to: number;
}

function rangeOf(index: number, buffer: Buffer): Range {
  if (buffer.kind === 'arena') {
    return { space: 'arena', from: buffer.offset, to: buffer.offset + 4 * buffer.size };
  }
  return { space: `${index}`, from: 0, to: 1 };
}

function overlap(a: readonly Range[], b: readonly Range[]): boolean {
  return a.some((x) => b.some((y) => x.space === y.space && x.from < y.to && y.from < x.to));
}
