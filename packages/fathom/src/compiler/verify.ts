import { formatShape, sameShape } from '../ir/shape.ts';
import type { Variable } from '../ir/tensor.ts';
import { accessesOf, reach } from './axes.ts';
import { type Lifetime, SLACK_BYTES } from './memory.ts';
import type { Nest } from './nest.ts';
import type { Graph } from './program.ts';
import type { Scheduled } from './schedule.ts';

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
      const { low: lowest, high: highest } = reach(access, nest.axes);
      const moved = (access.advance ?? 0) * ((nest.loop?.count ?? 1) - 1);
      const [low, high] = [lowest + Math.min(0, moved), highest + Math.max(0, moved)];
      const size = sizeOf(access.buffer);
      if (low < 0 || high >= size) {
        throw new Error(
          `verify after ${pass}: ${nest.name} reaches elements ${low} to ${high} of buffer ${access.buffer}, which has ${size}.`,
        );
      }
    }
  }
}

/** Checks that a graph gives every variable at most one new value, of the variable's own shape and type. */
export function verifyGraph(graph: Graph): void {
  const updated = new Set<Variable>();
  for (const { variable, value } of graph.updates) {
    const { name, dtype, shape } = variable;
    if (updated.has(variable)) {
      throw new Error(
        `graph: variable ${name} is updated twice. Add the two changes up, and update it once.`,
      );
    }
    updated.add(variable);
    if (value.dtype !== dtype || !sameShape(value.shape, shape)) {
      throw new RangeError(
        `graph: variable ${name} is ${dtype}${formatShape(shape)}; its new value is ${value.dtype}${formatShape(value.shape)}. Reshape or cast the value.`,
      );
    }
  }
}

/** Checks that the launches still are those that went in, each after all that it waits for. */
export function verifyOrder(before: readonly Scheduled[], after: readonly Scheduled[]): void {
  const position = new Map(after.map((launch, i) => [launch, i]));
  if (position.size !== before.length || after.length !== before.length) {
    throw new Error(`verify after ordering: ${before.length} launches went in, ${after.length} came out.`);
  }
  const lastWriter = new Map<number, number>();
  const lastReader = new Map<number, number>();
  for (const launch of before) {
    const at = position.get(launch);
    if (at === undefined) throw new Error(`verify after ordering: ${launch.name} is lost.`);
    for (const buffer of launch.reads) {
      const writer = lastWriter.get(buffer);
      if (writer !== undefined && writer > at) {
        throw new Error(`verify after ordering: ${launch.name} reads buffer ${buffer} before it is written.`);
      }
    }
    for (const buffer of launch.writes) {
      if ((lastReader.get(buffer) ?? -1) > at || (lastWriter.get(buffer) ?? -1) > at) {
        throw new Error(
          `verify after ordering: ${launch.name} writes buffer ${buffer} before earlier launches are done with it.`,
        );
      }
    }
    for (const buffer of launch.reads) lastReader.set(buffer, Math.max(at, lastReader.get(buffer) ?? -1));
    for (const buffer of launch.writes) lastWriter.set(buffer, at);
  }
}

/** Checks that buffers alive at the same time, with the slack that vectors read past their end, do not overlap. */
export function verifyMemory(lifetimes: readonly Lifetime[], offsets: readonly number[]): void {
  const end = (i: number) => offsets[i]! + lifetimes[i]!.bytes + SLACK_BYTES;
  const order = lifetimes.map((_, i) => i).sort((a, b) => offsets[a]! - offsets[b]!);
  order.forEach((i, n) => {
    for (let next = n + 1; next < order.length && offsets[order[next]!]! < end(i); next++) {
      const j = order[next]!;
      if (lifetimes[i]!.first <= lifetimes[j]!.last && lifetimes[j]!.first <= lifetimes[i]!.last) {
        throw new Error(
          `verify after planning memory: buffers ${i} and ${j} are alive together and overlap.`,
        );
      }
    }
  });
}
