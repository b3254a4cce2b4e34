// Sums that are completed in memory, block by block of what is summed up.

import { load, mapLeaves, walk } from '../ir/expr.ts';
import { loadsIn, reach } from './axes.ts';
import { bytesOf, oneOf } from './facts.ts';
import type { Nest, NestStore } from './nest.ts';
import type { Target } from './program.ts';
import { hidesFetches, type Tiling } from './tile.ts';

/** Fewer steps than this do not pay for loading and storing a tile's sums. */
const LEAST_STEPS = 64;

/**
 * Whether the place of the (first) result can hold sums that are not complete: what is computed from them, such as bias
 * and activation, reads nothing that lies there.
 */
export function canKeepSums({ reduce, stores, fill }: Nest): boolean {
  const [{ access, value }, ...others] = stores as readonly [NestStore, ...NestStore[]];
  if (reduce?.combine !== 'sum') return false;
  if (value.kind === 'acc') return true;
  return (
    fill === undefined &&
    reduce.colliding.length === 0 &&
    [reduce.body, value].every(({ dtype }) => dtype === 'float32') &&
    access.indirect === undefined &&
    stores.every(({ accumulate }) => !accumulate) &&
    others.every((store) => store.access.buffer !== access.buffer) &&
    loadsIn(...stores.map((store) => store.value)).every((one) => one.access.buffer !== access.buffer)
  );
}

/** Bytes between the first and the last element of what a contraction reads from its panels, or else from its rows. */
export function operandBytes({ axes, reduce }: Nest, panels: number, isPanel: boolean): number {
  const loads = loadsIn(reduce!.body).filter(({ access }) => (access.strides[panels] !== 0) === isPanel);
  return loads.reduce((sum, { access }) => {
    const { low, high } = reach(access, axes);
    return sum + 4 * (high - low + 1);
  }, 0);
}

/**
 * Whether the rows stay in cache beside a panel of some columns, so that all go through it before the next one is read.
 * They may take half of the cache: panels pass through the other half.
 */
export function staysBesidePanel(
  nest: Nest,
  panels: number,
  columns: number,
  { cacheBytes }: Target,
): boolean {
  const part = { ...nest, axes: nest.axes.with(panels, columns) };
  return operandBytes(part, panels, false) <= cacheBytes / 2 && bytesOf(part) <= cacheBytes;
}

/** What stores sums that are not complete, where the result is computed from them at the end. */
export function sumsOnly({ reduce, stores }: Nest): readonly NestStore[] {
  const [{ access }] = stores as readonly [NestStore];
  return [{ access, value: { kind: 'acc', dtype: reduce!.body.dtype }, accumulate: false }];
}

/** What computes the results from the complete sums. */
export function finishing({ reduce, stores }: Nest): readonly NestStore[] {
  const sum = load(stores[0]!.access, reduce!.body.dtype);
  const seen = new Map();
  return stores.map((store) => ({
    ...store,
    value: mapLeaves(store.value, (leaf) => (leaf.kind === 'acc' ? sum : leaf), seen),
  }));
}

/**
 * Reduction axes to run outside of the tiles, so that what the tiles read again and again stays in cache: a block of a
 * panel in the nearest one, where all rows go through it, or else what a whole pass reads in the next. A tile whose
 * arithmetic hides that its operands come from further away keeps enough steps to pay for its sums in memory.
 */
export function outerReduction(
  nest: Nest,
  tiling: Tiling,
  reduced: readonly number[],
  byPanel: boolean,
  target: Target,
): number[] {
  const { reduce, stores, tasks } = nest;
  if (!canKeepSums(nest)) return [];
  const { axes } = oneOf(nest);
  const inner = [...reduced];
  const outer: number[] = [];
  const footprint = () => {
    let bytes = 0;
    walk(reduce!.body, (node) => {
      if (node.kind !== 'load') return;
      let elements = 1;
      for (let axis = 0; axis < axes.length; axis++) {
        const moves = node.access.strides[axis] !== 0 && axis !== tasks && !outer.includes(axis);
        if (moves) elements *= axes[axis]!;
      }
      bytes += 4 * elements;
    });
    return bytes;
  };
  const steps = () => inner.reduce((product, axis) => product * axes[axis]!, 1);
  const isFar = byPanel
    ? () => steps() > target.block.steps
    : () =>
        stores[0]!.value.kind === 'acc' &&
        footprint() > target.cacheBytes &&
        (steps() / axes[inner[0]!]! >= LEAST_STEPS || !hidesFetches(nest, tiling, target));
  while (inner.length > 1 && isFar()) outer.push(inner.shift()!);
  return outer;
}
