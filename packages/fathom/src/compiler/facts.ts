// What a nest works on: for profiles, and for passes that weigh what stays in cache.

import { type Access, walk } from '../ir/expr.ts';
import { loadsIn, loadsOf, reach } from './axes.ts';
import type { Nest } from './nest.ts';
import type { Work } from './program.ts';

/** Bytes that a nest touches, each element that it reads or writes counted once. */
export function bytesOf(nest: Nest): number {
  const touched = (accesses: readonly Access[]) => {
    const buffers = new Map<number, { count: number; low: number; high: number }>();
    for (const access of accesses) {
      const moving = nest.axes.filter((_, axis) => access.strides[axis] !== 0);
      const { low, high } = reach(access, nest.axes);
      const known = buffers.get(access.buffer) ?? { count: 0, low, high };
      buffers.set(access.buffer, {
        count: known.count + moving.reduce((product, size) => product * size, 1),
        low: Math.min(known.low, low),
        high: Math.max(known.high, high),
      });
    }
    // Accesses that overlap touch no more than lies between the first and the last element.
    return [...buffers.values()].reduce(
      (sum, { count, low, high }) => sum + Math.min(count, high - low + 1),
      0,
    );
  };
  const stored = nest.stores.map(({ access }) => access);
  const added = nest.stores.filter(({ accumulate }) => accumulate).map(({ access }) => access);
  return BYTES * (touched([...loadsOf(nest).map(({ access }) => access), ...added]) + touched(stored));
}

/** One of the contractions that a nest does side by side: axes along which all operands move count them. */
export function oneOf(nest: Nest): Nest {
  const loads = loadsIn(nest.reduce!.body);
  const outputs = nest.stores[0]!.access.strides;
  const counts = (axis: number) =>
    outputs[axis] !== 0 && loads.every(({ access }) => access.strides[axis] !== 0);
  return { ...nest, axes: nest.axes.map((size, axis) => (counts(axis) ? 1 : size)) };
}

/** Of one element; all types have as many. */
const BYTES = 4;

/** What a profile calls the work of a nest. */
export function workOf({ reduce, stores }: Nest): Work {
  if (reduce) {
    if (reduce.combine === 'max') return 'maxima';
    let products = false;
    walk(reduce.body, (node) => {
      if (node.kind === 'fma' || (node.kind === 'binary' && node.op === 'mul')) products = true;
    });
    return products ? 'sums of products' : 'sums';
  }
  if (stores.every(({ value }) => value.kind === 'const')) return 'zeros';
  return stores.every(({ value }) => value.kind === 'load') ? 'copy' : 'element by element';
}
