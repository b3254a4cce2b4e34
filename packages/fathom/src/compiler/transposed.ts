import { accessesOf, loadsOf, remapAxes } from './axes.ts';
import { splitAxes } from './block.ts';
import type { Nest } from './nest.ts';
import type { Target } from './program.ts';
import { chooseTiling } from './tile.ts';

/** Points of a block in each of the two directions: lines of 64 bytes, each read whole while it is in the cache. */
const SIDE = 16;

/**
 * Copies that turn rows into columns, block by block. Lanes lie along the rows that are written, so each vector is
 * gathered from as many lines as it has lanes; row after row, those lines would be read again for every row that
 * is written, long after they have left the cache. In a block of 16×16 they are read once.
 */
export function blockTransposed(nest: Nest, target: Target): Nest {
  if (nest.reduce || nest.entangled.length > 0) return nest;
  const { vectorAxis } = chooseTiling(nest, target);
  if (vectorAxis < 0 || accessesOf(nest).some(({ indirect }) => indirect)) return nest;
  const across = nest.axes.findIndex(
    (size, axis) =>
      axis !== vectorAxis &&
      axis !== nest.tasks &&
      size > SIDE &&
      loadsOf(nest).some(({ access: { strides } }) => strides[axis] === 1 && strides[vectorAxis]! > SIDE),
  );
  const width = Math.max(SIDE, target.lanes);
  const cuts = new Map([
    [across, SIDE],
    [vectorAxis, width],
  ]);
  if (across < 0 || [...cuts].some(([axis, size]) => nest.axes[axis]! % size !== 0)) return nest;
  return innermost(splitAxes(nest, cuts), nest, cuts, [across, vectorAxis]);
}

/** Moves the points of the blocks behind all other axes; a cut axis has become two, blocks and points. */
function innermost(
  cut: Nest,
  nest: Nest,
  cuts: ReadonlyMap<number, number>,
  order: readonly [number, number],
): Nest {
  const isCut = (axis: number) => (cuts.get(axis) ?? nest.axes[axis]!) < nest.axes[axis]!;
  const first = (axis: number) => axis + [...cuts.keys()].filter((a) => a < axis && isCut(a)).length;
  const points = order.map((axis) => first(axis) + (isCut(axis) ? 1 : 0));
  const others = cut.axes.map((_, axis) => axis).filter((axis) => !points.includes(axis));
  return remapAxes(
    cut,
    [...others, ...points].map((axis) => ({ axis, size: cut.axes[axis]! })),
  );
}
