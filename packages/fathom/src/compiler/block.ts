import { loadsIn, rewriteNest } from './axes.ts';
import type { Nest } from './nest.ts';
import type { Target } from './program.ts';
import { chooseTiling, outputAxes } from './tile.ts';

/** Rows of a block of the repeated operand, and steps of the reduction in it: 128 × 256 floats are 128 KiB. */
const BLOCK_ROWS = 128;
const BLOCK_STEPS = 256;

/** A panel that stays the same in all iterations of a loop is copied once, which pays where it does not fit here. */
const LEAST_REPEATED_BYTES = 16 * 1024;

/**
 * Cuts a contraction whose operands do not fit into the cache into blocks that do: the vector axis into panels as
 * wide as a register tile, the reduction into runs, the rows into groups. Returns the nest itself where blocking
 * does not pay or the extents do not divide. `isFixed` says which buffers stay the same while the nest is repeated.
 *
 * Goto and van de Geijn: Anatomy of high-performance matrix multiplication. ACM TOMS 34, 2008.
 */
export function blockNest(
  nest: Nest,
  target: Target,
  isFixed: (buffer: number) => boolean = () => false,
): { nest: Nest; blocked: boolean } {
  const unblocked = { nest, blocked: false };
  if (nest.reduce?.combine !== 'sum' || nest.reduce.colliding.length > 0) return unblocked;
  const { vectorAxis, vectors } = chooseTiling(nest, target);
  if (vectorAxis < 0) return unblocked;
  const outputs = outputAxes(nest);
  const reduced = nest.axes.flatMap((_, axis) => (outputs.includes(axis) ? [] : [axis]));
  // The innermost axis, or the only one that is reduced, as in the gradient of a weight matrix.
  const steps = reduced.length === 1 ? reduced[0]! : nest.axes.length - 1;
  const rows = outputs
    .filter((axis) => axis !== vectorAxis)
    .reduce((best, axis) => (best < 0 || nest.axes[axis]! > nest.axes[best]! ? axis : best), -1);
  if (rows < 0 || outputs.includes(steps)) return unblocked;
  if (loadsIn(nest.reduce!.body).some(({ access }) => access.indirect)) return unblocked;
  const panel = loadsIn(nest.reduce!.body).find(({ access }) => access.strides[vectorAxis] !== 0);
  if (!panel) return unblocked;
  const bytes = nest.axes.reduce(
    (product, size, axis) => (panel.access.strides[axis] === 0 ? product : product * size),
    4,
  );
  const fixed = nest.loop && !panel.access.advance && isFixed(panel.access.buffer);
  if (bytes <= (fixed ? LEAST_REPEATED_BYTES : target.cacheBytes) || panel.access.strides[rows] !== 0)
    return unblocked;
  const width = panelWidth(nest.axes[vectorAxis]!, vectors, target.lanes);
  if (width === undefined) return unblocked;

  const cuts = new Map([[vectorAxis, width]]);
  const rowBlock = divisorNear(nest.axes[rows]!, BLOCK_ROWS);
  if (rowBlock > 1) cuts.set(rows, rowBlock);
  const stepBlock = divisorNear(nest.axes[steps]!, BLOCK_STEPS);
  if (stepBlock > 1 && nest.stores[0]!.value.kind === 'acc') cuts.set(steps, stepBlock);
  return { nest: splitAxes(nest, cuts), blocked: true };
}

/** Columns of a panel: as many vectors as the tile would have, or else two, four or one, so that panels come out even. */
function panelWidth(extent: number, vectors: number, lanes: number): number | undefined {
  return [vectors, 2, 4, 1].map((count) => count * lanes).find((width) => extent % width === 0);
}

/** Replaces each axis in `cuts` by two: blocks, and points in a block. */
export function splitAxes(nest: Nest, cuts: ReadonlyMap<number, number>): Nest {
  const parts = nest.axes.flatMap((size, axis) => {
    const cut = cuts.get(axis);
    if (cut === undefined || cut === size) return [{ axis, size, factor: 1 }];
    return [
      { axis, size: size / cut, factor: cut },
      { axis, size: cut, factor: 1 },
    ];
  });
  const strides = (old: readonly number[]) => parts.map(({ axis, factor }) => (old[axis] ?? 0) * factor);
  return rewriteNest(
    nest,
    parts.map(({ size }) => size),
    (access) => ({ ...access, strides: strides(access.strides) }),
    strides,
    (axis) => parts.findIndex((part) => part.axis === axis),
  );
}

/** The largest divisor of `size` that is not above `most`; 1 where it would be less than a quarter of it. */
function divisorNear(size: number, most: number): number {
  for (let divisor = most; divisor >= most / 4; divisor--) if (size % divisor === 0) return divisor;
  return 1;
}
