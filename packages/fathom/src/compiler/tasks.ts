import { accessesOf, reach } from './axes.ts';
import type { Nest } from './nest.ts';
import type { Segment } from './tile.ts';

/** One loop of the schedule: an axis and the runs of blocks it is cut into. */
export interface LoopPlan {
  readonly axis: number;
  readonly segments: readonly Segment[];
}

/** Loops that divide so much worse than the best one are as good. */
const EVEN = 1.1;

/**
 * The loop whose blocks are the tasks that threads share: the one that divides most evenly; among equals that over the
 * axis `favoured`, or else the outermost.
 */
export function chooseShared(loops: readonly LoopPlan[], favoured?: number): LoopPlan | undefined {
  let best: LoopPlan | undefined;
  let bestScore = 0;
  for (const loop of loops) {
    const count = loop.segments.reduce((sum, { blocks }) => sum + blocks, 0);
    if (count < 2) continue;
    // A short last block makes its task cheaper than the others; count it as what it is.
    const even = (threads: number) => count / (threads * Math.ceil(count / threads));
    const score = (loop.axis === favoured ? EVEN ** 2 : 1) * (even(2) + even(4) + even(8) / 2);
    if (score > EVEN * bestScore) {
      best = loop;
      bestScore = score;
    }
  }
  return best;
}

/** For each buffer of which task t touches nothing outside [t·s, (t+1)·s): that s. */
export function slicesOf(nest: Nest, { axis, segments }: LoopPlan): Map<number, number> {
  const slices = new Map<number, number>();
  const [segment] = segments;
  if (segments.length !== 1) return slices;
  const scattered = new Set<number>();
  for (const access of accessesOf(nest)) {
    const { buffer, strides } = access;
    const slice = strides[axis]! * segment!.size;
    // What moves on with a loop is shared out alike in all iterations.
    const { advance } = access;
    const offset = advance ? access.offset % Math.abs(advance) : access.offset;
    const { low, high } = reach({ ...access, offset }, nest.axes.with(axis, segment!.size));
    const known = slices.get(buffer);
    if (slice <= 0 || low < 0 || high >= slice || (known !== undefined && known !== slice))
      scattered.add(buffer);
    slices.set(buffer, slice);
  }
  for (const buffer of scattered) slices.delete(buffer);
  return slices;
}
