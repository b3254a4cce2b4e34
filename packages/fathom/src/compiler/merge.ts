import { type Access, type Expr, mapLeaves, operationCount } from '../ir/expr.ts';
import { accessesOf, loadsOf } from './axes.ts';
import type { Nest } from './nest.ts';

/** Buffers that one merged nest may touch: more would run out of address registers. */
const MOST_ACCESSES = 14;
/** ALU operations of a merged body. */
const MOST_OPERATIONS = 80;

/**
 * Merges neighbouring elementwise nests over the same space into one that stores several results, so that what the
 * second reads of the first stays in registers: an optimizer's slots and parameter become one pass.
 */
export function mergeNests(nests: readonly Nest[]): Nest[] {
  const merged: Nest[] = [];
  for (const nest of nests) {
    const last = merged[merged.length - 1];
    const both = last && mergePair(last, nest);
    if (both) merged[merged.length - 1] = both;
    else merged.push(nest);
  }
  return merged;
}

function mergePair(first: Nest, second: Nest): Nest | undefined {
  if (first.loop !== second.loop || first.tasks !== second.tasks) return undefined;
  if (first.reduce || second.reduce || first.fill || second.fill) return undefined;
  if (first.entangled.length > 0 || second.entangled.length > 0) return undefined;
  if (first.axes.length !== second.axes.length) return undefined;
  if (first.axes.some((size, axis) => size !== second.axes[axis])) return undefined;
  if ([...first.stores, ...second.stores].some(({ accumulate }) => accumulate)) return undefined;

  const apart = (a: Access, b: Access) => a.buffer !== b.buffer || areApart(a, b, first.axes);
  const same = (a: Access, b: Access) =>
    a.buffer === b.buffer && !a.indirect && !b.indirect && accessKey(a) === accessKey(b);
  // What either nest reads and the other writes must be the same element at the same point, or one that no point
  // shares; what both write must be apart.
  for (const store of second.stores) {
    for (const { access } of first.stores) if (!apart(access, store.access)) return undefined;
    for (const { access } of loadsOf(first)) {
      if (!same(access, store.access) && !apart(access, store.access)) return undefined;
    }
  }
  const sourceOf = (access: Access) => first.stores.find((store) => same(store.access, access));
  for (const { access } of loadsOf(second)) {
    if (!sourceOf(access) && !first.stores.every((store) => apart(store.access, access))) return undefined;
  }
  const seen = new Map<Expr, Expr>();
  const stores = [
    ...first.stores,
    ...second.stores.map((store) => ({
      ...store,
      value: mapLeaves(
        store.value,
        (leaf) => (leaf.kind === 'load' ? (sourceOf(leaf.access)?.value ?? leaf) : leaf),
        seen,
      ),
    })),
  ];
  const merged: Nest = {
    name: `${first.name}|${second.name}`,
    axes: first.axes,
    stores,
    entangled: [],
    origin: [...(first.origin ?? []), ...(second.origin ?? [])],
    ...(first.loop ? { loop: first.loop } : {}),
    ...(first.tasks === undefined ? {} : { tasks: first.tasks }),
  };
  const operations = stores.reduce((sum, { value }) => sum + operationCount(value), 0);
  if (accessesOf(merged).length > MOST_ACCESSES || operations > MOST_OPERATIONS) return undefined;
  return merged;
}

function accessKey({ offset, strides, advance = 0 }: Access): string {
  return `${offset}:${strides.join(',')}/${advance}`;
}

/** Whether two accesses of one buffer never touch the same element, at whatever points of the space. */
function areApart(a: Access, b: Access, axes: readonly number[]): boolean {
  const alike = a.strides.every((stride, axis) => stride === b.strides[axis]);
  if (!alike || a.indirect || b.indirect || (a.advance ?? 0) !== (b.advance ?? 0)) return false;
  const steps = a.strides
    .map((stride, axis) => ({ stride: Math.abs(stride), most: axes[axis]! - 1 }))
    .filter(({ stride, most }) => stride > 0 && most > 0)
    .sort((x, y) => y.stride - x.stride);
  return !isReached(a.offset - b.offset, steps);
}

/** Whether steps forwards and backwards, at most so many of each kind, can lead so far. */
function isReached(distance: number, steps: readonly { stride: number; most: number }[]): boolean {
  const [first, ...others] = steps;
  if (!first) return distance === 0;
  const rest = others.reduce((sum, { stride, most }) => sum + stride * most, 0);
  const from = Math.max(-first.most, Math.ceil((distance - rest) / first.stride));
  const to = Math.min(first.most, Math.floor((distance + rest) / first.stride));
  for (let count = from; count <= to; count++) {
    if (isReached(distance - count * first.stride, others)) return true;
  }
  return false;
}
