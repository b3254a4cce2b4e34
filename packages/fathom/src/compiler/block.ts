import { mapLeaves } from '../ir/expr.ts';
import { loadsIn, rewriteNest } from './axes.ts';
import { commonDivisor } from './divisor.ts';
import { bytesOf, oneOf } from './facts.ts';
import type { Nest } from './nest.ts';
import type { Target } from './program.ts';
import { canKeepSums, staysBesidePanel } from './sums.ts';
import { chooseTiling, outputAxes } from './tile.ts';

/** A panel that stays the same in all iterations of a loop is copied once, which pays where it does not fit here. */
const LEAST_REPEATED_BYTES = 16 * 1024;

/** The first-level cache has so many lines for addresses that lie so far apart. */
const WAYS = 8;
const WAY_BYTES = 4096;
/** Times that an element of a panel whose lines push each other out must be read to pay for a copy. */
const COLLIDING_READS = 256;

/** Steps of a block where several contractions are done side by side, and how often one must read an element for that. */
const CUT_STEPS = 256;
const CUT_READS = 8;

/** A nest, and if it was cut into blocks of rows and steps, where those are among its axes. */
export interface Blocked {
  readonly nest: Nest;
  readonly blocked: boolean;
  /** The axis over blocks of steps, and that over the rows of a block, which comes before it. */
  readonly inBlocks?: { readonly steps: number; readonly rows: number };
}

/**
 * Cuts a contraction whose operands do not fit into the cache into blocks that do: the vector axis into panels as
 * wide as a register tile, the reduction into runs, the rows into groups. So it does where the lines of a panel would
 * collide in the cache, as they do when rows are a power of two long. Returns the nest itself where blocking
 * does not pay or the extents do not divide. `isFixed` says which buffers stay the same while the nest is repeated,
 * `isPrepared` which stay the same in all runs: their copies are made once, so that they pay for themselves sooner.
 *
 * Goto and van de Geijn: Anatomy of high-performance matrix multiplication. ACM TOMS 34, 2008.
 */
export function blockNest(
  nest: Nest,
  target: Target,
  isFixed: (buffer: number) => boolean = () => false,
  isPrepared: (buffer: number) => boolean = () => false,
): Blocked {
  const unblocked = { nest, blocked: false as const };
  if (nest.reduce?.combine !== 'sum' || nest.reduce.colliding.length > 0) return unblocked;
  const { vectorAxis } = chooseTiling(nest, target);
  if (vectorAxis < 0) return unblocked;
  const outputs = outputAxes(nest);
  const reduced = nest.axes.flatMap((_, axis) => (outputs.includes(axis) ? [] : [axis]));
  // The innermost axis, or the only one that is reduced, as in the gradient of a weight matrix.
  const steps = reduced.length === 1 ? reduced[0]! : nest.axes.length - 1;
  if (outputs.includes(steps)) return unblocked;
  const loads = loadsIn(nest.reduce!.body);
  if (loads.some(({ access }) => access.indirect)) return unblocked;
  const panel = loads.find(({ access }) => access.strides[vectorAxis] !== 0);
  if (!panel) return unblocked;
  const prepared = isPrepared(panel.access.buffer);
  // Where both operands move along the longest axis, it counts contractions of few rows each, as those of Winograd's
  // method for a small batch: their panels are worth a copy only if that is made once.
  const rows = outputs
    .filter((axis) => axis !== vectorAxis && !(prepared && panel.access.strides[axis] !== 0))
    .reduce((best, axis) => (best < 0 || nest.axes[axis]! > nest.axes[best]! ? axis : best), -1);
  if (rows < 0) return unblocked;
  if (panel.access.strides[rows] !== 0) return { nest: cutSums(nest, reduced, target), blocked: false };
  // A task reads no more than its own part; that is computed just before, plane by plane.
  const { axes } = nest.tasks === undefined ? nest : oneOf(nest);
  const bytes = axes.reduce(
    (product, size, axis) => (panel.access.strides[axis] === 0 ? product : product * size),
    4,
  );
  const fixed = nest.loop && !panel.access.advance && isFixed(panel.access.buffer);
  const isLarge = bytes > (fixed || prepared ? LEAST_REPEATED_BYTES : target.cacheBytes);
  const reads = axes.reduce((product, size) => product * size, 4) / bytes;
  const collides = nest.axes[steps]! > places(panel.access.strides[steps]!);
  if (!isLarge && !(collides && reads >= COLLIDING_READS)) return unblocked;
  const { vectors } = chooseTiling(withNeighbours(nest, vectorAxis), target);
  const width = panelWidth(nest.axes[vectorAxis]!, vectors, target.lanes);
  if (width === undefined) return unblocked;

  const cuts = new Map([[vectorAxis, width]]);
  const rowBlock = divisorNear(nest.axes[rows]!, target.block.rows);
  if (rowBlock > 1) cuts.set(rows, rowBlock);
  const stepBlock = divisorNear(nest.axes[steps]!, target.block.steps);
  const isBare = nest.stores[0]!.value.kind === 'acc';
  const byPanel = canKeepSums(nest) && staysBesidePanel(nest, vectorAxis, width, target);
  if (stepBlock > 1 && (isBare || byPanel)) cuts.set(steps, stepBlock);
  // Where the axes of blocks are after the cuts.
  const isCut = (axis: number) => (cuts.get(axis) ?? nest.axes[axis]!) < nest.axes[axis]!;
  const place = (axis: number) =>
    nest.axes.reduce((sum, _, a) => sum + (a < axis ? (isCut(a) ? 2 : 1) : 0), 0);
  const cut = splitAxes(nest, cuts);
  return {
    nest: isCut(vectorAxis) ? { ...cut, panels: place(vectorAxis) } : cut,
    blocked: true,
    ...(isCut(rows) && isCut(steps) ? { inBlocks: { steps: place(steps), rows: place(rows) + 1 } } : {}),
  };
}

/** Several contractions side by side: what each of them sums up is cut into blocks, if its operands are large. */
function cutSums(nest: Nest, reduced: readonly number[], target: Target): Nest {
  const one = oneOf(nest);
  const bytes = bytesOf(one);
  const reads = one.axes.reduce((product, size) => product * size, 4) / bytes;
  if (nest.stores[0]!.value.kind !== 'acc' || bytes <= target.cacheBytes / 2 || reads < CUT_READS)
    return nest;
  let steps = 1;
  for (const axis of reduced.toReversed()) {
    const size = nest.axes[axis]!;
    const most = Math.floor(CUT_STEPS / steps);
    if (size > most) {
      const block = divisorNear(size, most);
      return block > 1 ? splitAxes(nest, new Map([[axis, block]])) : nest;
    }
    steps *= size;
  }
  return nest;
}

/** How many lines whose addresses lie `stride` elements apart the first-level cache holds at once. */
function places(stride: number): number {
  if (stride === 0) return Number.POSITIVE_INFINITY;
  return (WAYS * WAY_BYTES) / commonDivisor(WAY_BYTES, Math.abs(4 * stride));
}

/** The nest as it reads its operands once they are copied: neighbouring lanes from neighbouring places. */
function withNeighbours(nest: Nest, vectorAxis: number): Nest {
  const strides = (of: readonly number[]) => (of[vectorAxis] === 0 ? of : of.with(vectorAxis, 1));
  const body = mapLeaves(nest.reduce!.body, (leaf) =>
    leaf.kind === 'load'
      ? { ...leaf, access: { ...leaf.access, strides: strides(leaf.access.strides) } }
      : leaf,
  );
  return { ...nest, reduce: { ...nest.reduce!, body } };
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
