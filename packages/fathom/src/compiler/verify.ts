import type { Access } from '../ir/expr.ts';
import { accessesOf } from './axes.ts';
import type { Nest } from './nest.ts';
import type { Launch } from './program.ts';

/**
 * Checks after a compiler pass that every access of every nest stays inside its buffer, for all points of the
 * space. A failure is a fault of the pass and names it.
 */
export function verifyNests(nests: readonly Nest[], sizeOf: (buffer: number) => number, pass: string): void {
  for (const nest of nests) {
    if (nest.axes.some((size) => size === 0)) continue;
    for (const access of accessesOf(nest)) {
      if (access.strides.length !== nest.axes.length) {
        throw new Error(
          `verify after ${pass}: ${nest.name} has ${nest.axes.length} axes, an access ${access.strides.length}.`,
        );
      }
      const { low, high } = reach(access, nest.axes);
      const size = sizeOf(access.buffer);
      if (low < 0 || high >= size) {
        throw new Error(
          `verify after ${pass}: ${nest.name} reaches elements ${low} to ${high} of buffer ${access.buffer}, which has ${size}.`,
        );
      }
    }
  }
}

/** Checks that the launches still are those that went in, each after all that it waits for. */
export function verifyOrder(
  before: readonly Omit<Launch, 'barrier'>[],
  after: readonly Omit<Launch, 'barrier'>[],
): void {
  const position = new Map(after.map((launch, i) => [launch, i]));
  if (position.size !== before.length || after.length !== before.length) {
    throw new Error(`verify after ordering: ${before.length} launches went in, ${after.length} came out.`);
  }
  const lastWriter = new Map<number, number>();
  for (const launch of before) {
    const at = position.get(launch);
    if (at === undefined) throw new Error(`verify after ordering: ${launch.name} is lost.`);
    for (const buffer of launch.reads) {
      const writer = lastWriter.get(buffer);
      if (writer !== undefined && writer > at) {
        throw new Error(`verify after ordering: ${launch.name} reads buffer ${buffer} before it is written.`);
      }
    }
    for (const buffer of launch.writes) lastWriter.set(buffer, at);
  }
}

/** First and last element that an access touches. */
function reach({ offset, strides }: Access, axes: readonly number[]): { low: number; high: number } {
  let low = offset;
  let high = offset;
  strides.forEach((stride, axis) => {
    const span = stride * (axes[axis]! - 1);
    if (span < 0) low += span;
    else high += span;
  });
  return { low, high };
}
