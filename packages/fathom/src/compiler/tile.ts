import { operationCount, walk } from '../ir/expr.ts';
import { type Load, liesAcross, loadsIn, loadsOf, outermostOfStream, scattersAlong } from './axes.ts';
import type { Nest } from './nest.ts';
import type { Target } from './program.ts';

/** How a nest is cut into register tiles. */
export interface Tiling {
  /** The axis along which the lanes of a vector lie; −1 where no axis is left. */
  readonly vectorAxis: number;
  /** Vectors side by side in one tile. */
  readonly vectors: number;
  /** Axes unrolled into registers besides it, and how many of their points a tile holds. */
  readonly tileAxes: readonly { readonly axis: number; readonly size: number }[];
  /** The tile is a square along this axis and the vector axis: what lies along this one in memory is transposed in registers. */
  readonly across?: number;
}

/** A run of equal blocks along an axis: `blocks` blocks of `size` points from `start`. */
export interface Segment {
  readonly start: number;
  readonly blocks: number;
  readonly size: number;
}

/** Cuts `extent` points into whole blocks of `size` and one smaller rest. */
export function segmentsOf(extent: number, size: number): Segment[] {
  const whole = Math.floor(extent / size);
  const rest = extent - whole * size;
  const segments: Segment[] = [];
  if (whole > 0) segments.push({ start: 0, blocks: whole, size });
  if (rest > 0) segments.push({ start: whole * size, blocks: 1, size: rest });
  return segments;
}

/** Axes along which the (first) store moves; the others are reduced. */
export function outputAxes(nest: Nest): number[] {
  if (!nest.reduce) return nest.axes.map((_, axis) => axis);
  return nest.axes.flatMap((_, axis) => (nest.stores[0]!.access.strides[axis] === 0 ? [] : [axis]));
}

/** A tiling over an axis along which memory lies further apart costs at most this share of the best one before it. */
const FURTHER = 0.99;

/** The cheapest tiling by a model of the inner loop: multiply-adds, loads, latency, registers. */
export function chooseTiling(nest: Nest, target: Target): Tiling {
  const vectorAxis = chooseVectorAxis(nest);
  const extent = vectorAxis < 0 ? 1 : nest.axes[vectorAxis]!;
  if (!nest.reduce) {
    const across = axisAcross(nest, vectorAxis, target);
    if (across !== undefined)
      return { vectorAxis, vectors: 1, tileAxes: [{ axis: across, size: target.lanes }], across };
    return { vectorAxis, vectors: elementwiseVectors(nest, extent, target), tileAxes: [] };
  }

  const hot: Load[] = [];
  walk(nest.reduce.body, (node) => {
    if (node.kind === 'load') hot.push(node);
  });
  const along = axisToStepAlong(nest, hot);
  const free = outputAxes(nest).filter(
    (axis) =>
      axis !== vectorAxis &&
      axis !== nest.tasks &&
      axis !== nest.panels &&
      !nest.reduce!.colliding.includes(axis) &&
      nest.axes[axis]! > 1 &&
      axis !== along,
  );
  const small = free.filter((axis) => nest.axes[axis]! <= 8);
  const shapes: { axis: number; size: number }[][] = [[]];
  // Neighbours in memory come first, and what is further apart must be cheaper by `FURTHER`: a tile over the samples of a
  // batch would step from picture to picture, and could not go sample by sample with what follows.
  for (const axis of free.toReversed()) {
    for (let size = 2; size <= Math.min(target.registers, nest.axes[axis]!); size++) {
      shapes.push([{ axis, size }]);
      for (const other of small) {
        if (other !== axis)
          shapes.push([
            { axis: other, size: nest.axes[other]! },
            { axis, size },
          ]);
      }
    }
  }
  const model = { nest, hot, target, vectorAxis, extent, operations: operationCount(nest.reduce.body) };
  let best: Tiling = { vectorAxis, vectors: 1, tileAxes: [] };
  let bestCost = Number.POSITIVE_INFINITY;
  const lastAxis = ({ tileAxes }: Pick<Tiling, 'tileAxes'>) => tileAxes.at(-1)?.axis;
  for (const tileAxes of shapes) {
    const rows = tileAxes.reduce((product, { size }) => product * size, 1);
    for (let vectors = 1; vectors <= Math.ceil(extent / target.lanes); vectors++) {
      const tiling = { vectorAxis, vectors, tileAxes };
      const sizes = tileAxes.map(({ size }) => size);
      const held = target.hoistsLoads ? distinctLoads(hot, tiling, sizes, vectors) : vectors + 1;
      if (rows * vectors + held > target.registers) break;
      const cost = tilingCost(tiling, model);
      const isFurther = best.tileAxes.length > 0 && lastAxis(tiling) !== lastAxis(best);
      if (cost < bestCost * (isFurther ? FURTHER : 1)) {
        best = tiling;
        bestCost = cost;
      }
    }
  }
  return best;
}

/** Sums of so many steps have enough to do one by one. */
const LONG_SUM = 64;

/**
 * An axis over which a tile would use nothing again, and keep the launch from going sample by sample with what it reads
 * from: the outermost one of what a long sum reads only once.
 */
function axisToStepAlong(nest: Nest, hot: readonly Load[]): number | undefined {
  const outputs = outputAxes(nest);
  const steps = nest.axes.reduce((product, size, a) => (outputs.includes(a) ? product : product * size), 1);
  return steps >= LONG_SUM ? outermostOfStream(nest, hot) : undefined;
}

interface CostModel {
  readonly nest: Nest;
  readonly hot: readonly Load[];
  readonly target: Target;
  readonly vectorAxis: number;
  readonly extent: number;
  readonly operations: number;
}

/** Cycles of one step of the reduction over all tiles, for each point of the untiled axes. */
function tilingCost(tiling: Tiling, model: CostModel): number {
  const { nest, hot, target, vectorAxis, extent } = model;
  let tiles: { sizes: number[]; count: number }[] = [{ sizes: [], count: 1 }];
  for (const { axis, size } of tiling.tileAxes) {
    tiles = tiles.flatMap((tile) =>
      segmentsOf(nest.axes[axis]!, size).map((segment) => ({
        sizes: [...tile.sizes, segment.size],
        count: tile.count * segment.blocks,
      })),
    );
  }
  // Axes that are not tiled repeat the whole; they are the same for all tilings but for those tiled here.
  const untiled = outputAxes(nest)
    .filter((axis) => axis !== vectorAxis && !tiling.tileAxes.some((t) => t.axis === axis))
    .reduce((product, axis) => product * nest.axes[axis]!, 1);
  let cost = 0;
  for (const segment of segmentsOf(extent, tiling.vectors * target.lanes)) {
    const vectors = Math.ceil(segment.size / target.lanes);
    for (const { sizes, count } of tiles) {
      const rows = sizes.reduce((product, size) => product * size, 1);
      const loads = distinctLoads(hot, tiling, sizes, vectors, target.lanes);
      const arithmetic = (rows * vectors * Math.max(1, model.operations)) / target.fmaPerCycle;
      const chains = chainsOf(target, rows * vectors, loads);
      const cycles = Math.max(arithmetic, loads / target.loadsPerCycle, target.fmaLatency / chains);
      const lines = linesOf(model, tiling, sizes, vectors);
      cost += segment.blocks * count * (cycles + 0.25 + LINE_CYCLES * lines);
    }
  }
  return cost * untiled;
}

/** What a cache line costs that one tiling touches and another does not: among equals, the one that stays together. */
const LINE_CYCLES = 0.05;
const LINE_ELEMENTS = 16;

/** Cycles between two lines from the second-level cache. */
const FETCH_CYCLES = 4;

/** Whether the arithmetic of a tile's step takes at least as long as fetching what it reads from the second-level cache. */
export function hidesFetches(nest: Nest, tiling: Tiling, target: Target): boolean {
  const hot = loadsIn(nest.reduce!.body);
  const sizes = tiling.tileAxes.map(({ size }) => size);
  const sums = sizes.reduce((product, size) => product * size, tiling.vectors);
  const arithmetic = (sums * Math.max(1, operationCount(nest.reduce!.body))) / target.fmaPerCycle;
  return arithmetic >= FETCH_CYCLES * linesOf({ nest, hot, target }, tiling, sizes, tiling.vectors);
}

/** Cache lines that one step of the reduction over a tile comes to anew, on average over the steps. */
function linesOf(
  { nest, hot, target }: Pick<CostModel, 'nest' | 'hot' | 'target'>,
  { vectorAxis, tileAxes }: Tiling,
  sizes: readonly number[],
  vectors: number,
): number {
  const outputs = outputAxes(nest);
  const steps = nest.axes.findLastIndex((_, axis) => !outputs.includes(axis));
  let lines = 0;
  for (const { access } of hot) {
    const along = Math.abs(access.strides[vectorAxis] ?? 0);
    const spans = [{ stride: along, size: along === 0 ? 1 : vectors * target.lanes }];
    tileAxes.forEach(({ axis }, i) => {
      spans.push({ stride: Math.abs(access.strides[axis]!), size: sizes[i]! });
    });
    const touched = spans.reduce((product, { stride, size }) => {
      if (stride === 0) return product;
      return product * (stride >= LINE_ELEMENTS ? size : Math.max(1, (stride * size) / LINE_ELEMENTS));
    }, 1);
    const step = Math.abs(access.strides[steps] ?? 0);
    lines += touched * Math.min(1, step / LINE_ELEMENTS);
  }
  return lines;
}

/** Values that one step over a tile loads; a vector gathered from scattered elements counts `gather` times. */
function distinctLoads(
  hot: readonly Load[],
  { vectorAxis, tileAxes }: Tiling,
  sizes: readonly number[],
  vectors: number,
  gather = 1,
): number {
  let loads = 0;
  for (const { access } of hot) {
    const stride = access.strides[vectorAxis] ?? 0;
    let distinct = stride === 0 ? 1 : vectors;
    tileAxes.forEach(({ axis }, i) => {
      if (access.strides[axis] !== 0) distinct *= sizes[i]!;
    });
    loads += stride === 0 || stride === 1 ? distinct : distinct * gather;
  }
  return loads;
}

/** Most sums of one accumulator kept apart. */
const MOST_CHAINS = 4;

/**
 * Accumulators of one place of a small tile: with one alone, each multiply-add would wait for the one before. As many
 * as are needed to start one in every slot, and as registers hold beside what their steps load.
 */
export function chainsOf(target: Target, accumulators: number, loads: number): number {
  const needed = Math.ceil((target.fmaLatency * target.fmaPerCycle) / accumulators);
  const fitting = Math.floor(target.registers / (accumulators + loads));
  return Math.max(1, Math.min(needed, fitting, MOST_CHAINS));
}

/** Values that one step of the reduction loads, for a whole tile or for one of `sizes` points and `vectors`. */
export function loadsOfStep(
  nest: Nest,
  tiling: Tiling,
  sizes: readonly number[] = tiling.tileAxes.map(({ size }) => size),
  vectors = tiling.vectors,
): number {
  const hot = nest.reduce ? loadsIn(nest.reduce.body) : [];
  return distinctLoads(hot, tiling, sizes, vectors);
}

/** The axis whose lanes are neighbours in the store and neighbours or equal in the loads, as far as there is one. */
function chooseVectorAxis(nest: Nest): number {
  const candidates = outputAxes(nest).filter(
    (axis) =>
      nest.axes[axis]! > 1 &&
      axis !== nest.tasks &&
      !nest.reduce?.colliding.includes(axis) &&
      !scattersAlong(nest, axis),
  );
  const loads = loadsOf(nest);
  let best = -1;
  let bestScore = Number.POSITIVE_INFINITY;
  for (const axis of candidates) {
    const scattered = nest.stores.filter(({ access }) => access.strides[axis] !== 1).length;
    const gathered = loads.filter(
      ({ access }) => access.strides[axis] !== 0 && access.strides[axis] !== 1,
    ).length;
    // A narrow axis leaves lanes empty; prefer wide ones among equals.
    const score = scattered + gathered + (nest.axes[axis]! < 4 ? 0.5 : 0) - axis * 1e-3;
    if (score < bestScore) {
      best = axis;
      bestScore = score;
    }
  }
  return best;
}

/** The axis along which something lies in memory that lanes would have to gather, if squares of it can be transposed. */
function axisAcross(nest: Nest, vectorAxis: number, { lanes }: Target): number | undefined {
  if (vectorAxis < 0 || nest.axes[vectorAxis]! < lanes || nest.entangled.length > 0) return undefined;
  const loads = loadsOf(nest);
  const across = nest.axes.findIndex(
    (size, axis) =>
      size >= lanes &&
      axis !== nest.tasks &&
      loads.some((load) => liesAcross(load, nest.stores, axis, vectorAxis)),
  );
  return across < 0 ? undefined : across;
}

/** Enough vectors to hide loop overhead, few enough to stay in registers. */
function elementwiseVectors(nest: Nest, extent: number, target: Target): number {
  const operations = nest.stores.reduce((sum, { value }) => sum + operationCount(value), 0);
  const most = operations > 24 ? 1 : operations > 8 ? 2 : 4;
  return Math.max(1, Math.min(most, Math.ceil(extent / target.lanes)));
}
