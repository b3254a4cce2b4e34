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

  const produced = new Map<number, { key: string; value: Expr }>();
  for (const { access, value } of first.stores) {
    if (produced.has(access.buffer)) return undefined;
    produced.set(access.buffer, { key: accessKey(access), value });
  }
  const written = new Set(second.stores.map(({ access }) => access.buffer));
  // What either nest reads and the other writes must be the same element at the same point.
  for (const { access } of loadsOf(second)) {
    const source = produced.get(access.buffer);
    if (source && (access.indirect || source.key !== accessKey(access))) return undefined;
  }
  for (const access of accessesOf(first)) {
    if (!written.has(access.buffer)) continue;
    if (access.indirect) return undefined;
    const target = second.stores.find((store) => store.access.buffer === access.buffer)!;
    if (accessKey(target.access) !== accessKey(access) || produced.has(access.buffer)) return undefined;
  }
  const seen = new Map<Expr, Expr>();
  const stores = [
    ...first.stores,
    ...second.stores.map((store) => ({
      ...store,
      value: mapLeaves(
        store.value,
        (leaf) => (leaf.kind === 'load' ? (produced.get(leaf.access.buffer)?.value ?? leaf) : leaf),
        seen,
      ),
    })),
  ];
  const merged: Nest = {
    name: `${first.name}|${second.name}`,
    axes: first.axes,
    stores,
    entangled: [],
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
