import { type Expr, operationCount } from '../ir/expr.ts';
import { accessesOf, loadsIn, loadsOf, reach } from './axes.ts';
import { type AxisValue, Emitter, type TilePoint } from './emit.ts';
import { bytesOf, workOf } from './facts.ts';
import type { Nest, NestStore, Repetition } from './nest.ts';
import type { Launch, Stmt, Target, Vector } from './program.ts';
import { canKeepSums, finishing, operandBytes, outerReduction, staysBesidePanel, sumsOnly } from './sums.ts';
import { chooseShared, type LoopPlan, slicesOf } from './tasks.ts';
import { chainsOf, chooseTiling, loadsOfStep, outputAxes, segmentsOf, type Tiling } from './tile.ts';

/** Below this many cycles, waking the other threads costs more than they save. */
export const SOLO_CYCLES = 4000;
/** Vector operations in the unrolled body of an innermost loop. */
const UNROLL_OPERATIONS = 96;

/** A launch before it is known which launches run together and which must wait. */
export interface Scheduled extends Omit<Launch, 'barrier' | 'stage' | 'chunks'> {
  /** Estimated cycles of one run on one thread. */
  readonly cycles?: number;
  readonly loop?: Repetition;
  /** See {@link Nest.late}. */
  readonly late?: boolean;
}

/** Turns a loop nest, its axes normalized, into structured vector code for a target. */
export function schedule(nest: Nest, target: Target): Scheduled[] {
  if (nest.axes.some((size) => size === 0)) return fillLaunches(nest, target);
  const tiling = chooseTiling(nest, target);
  const builder = new NestScheduler(nest, tiling, target);
  const launch = builder.build();
  const needsFill = nest.fill && !builder.fillsItself;
  return needsFill ? [...fillLaunches(nest, target), launch] : [launch];
}

function fillLaunches(nest: Nest, target: Target): Scheduled[] {
  if (!nest.fill) return [];
  const { buffer, size } = nest.fill;
  const zero: Nest = {
    name: `${nest.name}.zero`,
    axes: [size],
    stores: [
      {
        access: { buffer, offset: 0, strides: [1] },
        value: { kind: 'const', dtype: 'float32', value: 0 },
        accumulate: false,
      },
    ],
    entangled: [],
    ...(nest.loop ? { loop: nest.loop } : {}),
    ...(nest.origin ? { origin: nest.origin } : {}),
  };
  return schedule(zero, target);
}

class NestScheduler {
  /** Whether the launch sets its part of the result to zero itself. */
  fillsItself = false;
  readonly #nest: Nest;
  readonly #tiling: Tiling;
  readonly #target: Target;
  readonly #emit: Emitter;
  readonly #reduceAxes: number[];
  readonly #outer: number[];
  /** All rows go through a panel, block by block of what is summed up, before the next panel is read. */
  readonly #byPanel: boolean;

  constructor(nest: Nest, tiling: Tiling, target: Target) {
    this.#nest = nest;
    this.#tiling = tiling;
    this.#target = target;
    this.#emit = new Emitter(target, tiling);
    const outputs = outputAxes(nest);
    const reduced = nest.axes.map((_, axis) => axis).filter((axis) => !outputs.includes(axis));
    this.#byPanel = this.#goesByPanel(outputs);
    this.#outer = outerReduction(nest, tiling, reduced, this.#byPanel, target);
    this.#reduceAxes = reduced.filter((axis) => !this.#outer.includes(axis));
  }

  build(): Scheduled {
    const nest = this.#nest;
    const { vectorAxis, vectors, tileAxes } = this.#tiling;
    const blockOf = (axis: number) =>
      axis === vectorAxis
        ? vectors * this.#target.lanes
        : (tileAxes.find((tile) => tile.axis === axis)?.size ?? 1);
    const plan = (axis: number): LoopPlan => ({
      axis,
      segments: segmentsOf(nest.axes[axis]!, blockOf(axis)),
    });

    const outputs = outputAxes(nest);
    const colliding = nest.reduce?.colliding ?? [];
    const free = outputs.filter((axis) => !colliding.includes(axis));
    const tasks = nest.tasks === undefined ? free : [nest.tasks];
    const parallel = chooseShared(
      tasks.filter((axis) => !nest.entangled.includes(axis)).map(plan),
      this.#panelsWeigh ? nest.panels : undefined,
    );
    // In a loop, each iteration reads all panels: those that a thread needs for all its rows at once it reads once.
    const once = this.#byPanel
      ? parallel?.axis !== nest.panels
      : nest.tasks !== undefined && !this.#accumulates;
    const panels = once && !nest.fill ? nest.panels : undefined;
    const rest = free.filter((axis) => axis !== parallel?.axis && axis !== panels);
    const isTile = (axis: number) => tileAxes.some((tile) => tile.axis === axis);
    // Where no operand is the same for all lanes (depthwise convolutions), nothing is used again from one vector to the
    // next, and memory is best read as it lies.
    const streams = loadsOf(nest).every(({ access }) => access.strides[vectorAxis] !== 0);
    const lanes = rest.filter((axis) => axis === vectorAxis);
    const others = rest.filter((axis) => axis !== vectorAxis && !isTile(axis));
    // Along these nothing is used again, be it products of many pairs of matrices: each pair is done with at once.
    const apart = others.filter((axis) =>
      loadsIn(...(nest.reduce ? [nest.reduce.body] : [])).every(({ access }) => access.strides[axis] !== 0),
    );
    const ordered = nest.reduce
      ? [
          ...apart,
          ...(streams ? [] : lanes),
          ...others.filter((axis) => !apart.includes(axis)),
          ...tileAxes.map(({ axis }) => axis).filter((axis) => rest.includes(axis)),
          ...(streams ? lanes : []),
        ]
      : rest;

    const values: AxisValue[] = nest.axes.map(() => ({ offset: 0, terms: [] }));
    const sizes = nest.axes.map(() => 1);
    const tiles = (axes: readonly number[]) => (v: AxisValue[], s: number[], adds: boolean) =>
      this.#loops(axes.map(plan), v, s, (vs, ss) => this.#tile(vs, ss, adds));
    let body: Stmt[];
    const shares = parallel?.axis === nest.panels && nest.tasks === undefined;
    if (parallel && shares && this.#setsFirst && !this.#byPanel) {
      // A block of the other operand is used for all panels of a thread before the next one is read.
      const blocks = this.#outsidePanels(ordered.filter((axis) => axis !== vectorAxis && !isTile(axis)));
      const others = tiles(ordered.filter((axis) => !blocks.includes(axis)));
      body = this.#sums(parallel, outputs, values, sizes, (v, s, adds) =>
        this.#loops(blocks.map(plan), v, s, (vb, sb) =>
          this.#loops([parallel], vb, sb, (vp, sp) => others(vp, sp, adds), true),
        ),
      );
    } else {
      const open = outputs.filter((axis) => axis !== parallel?.axis && axis !== panels);
      const inner = (v: AxisValue[], s: number[]) => this.#sums(parallel, open, v, s, tiles(ordered));
      body = this.#loops(panels === undefined ? [] : [plan(panels)], values, sizes, (v, s) =>
        parallel ? this.#loops([parallel], v, s, inner, true) : inner(v, s),
      );
    }
    const count = parallel ? parallel.segments.reduce((sum, { blocks }) => sum + blocks, 0) : 1;
    const { cycles, flops } = this.#work();
    return {
      name: nest.name,
      count,
      body,
      solo: count === 1 || cycles < SOLO_CYCLES,
      reads: [...new Set(loadsOf(nest).map(({ access }) => access.buffer))],
      writes: [...new Set(nest.stores.map(({ access }) => access.buffer))],
      slices: parallel && (!nest.fill || this.fillsItself) ? slicesOf(nest, parallel) : new Map(),
      flops: flops * (nest.loop?.count ?? 1),
      bytes: bytesOf(nest) * (nest.loop?.count ?? 1),
      work: workOf(nest),
      origin: nest.origin ?? [],
      cycles,
      ...(nest.loop ? { loop: nest.loop } : {}),
      ...(nest.late ? { late: true } : {}),
    };
  }

  /**
   * The loops over what is summed up in memory, where there are such: `inside` sets the result, or adds to it. The first
   * of several blocks of steps sets it; otherwise it is set to zero before. Then what is computed from complete sums
   * takes their place. `open` are the axes of the result that no loop is around.
   */
  #sums(
    parallel: LoopPlan | undefined,
    open: readonly number[],
    values: AxisValue[],
    sizes: number[],
    inside: (values: AxisValue[], sizes: number[], adds: boolean) => Stmt[],
  ): Stmt[] {
    const { axes, reduce } = this.#nest;
    const sequence = [...(reduce?.colliding ?? []), ...this.#outer];
    const run = (start: number, counts: readonly number[], adds: boolean) =>
      this.#loops(
        sequence.map((axis, i) => ({ axis, segments: [{ start, blocks: counts[i]!, size: 1 }] })),
        values,
        sizes,
        (v, s) => inside(v, s, adds),
      );
    const counts = sequence.map((axis) => axes[axis]!);
    const finish = this.#finishes ? this.#each(open, finishing(this.#nest), values, sizes) : [];
    if (this.#setsFirst && counts.length === 1)
      return [...run(0, [1], false), ...run(1, [counts[0]! - 1], true), ...finish];
    return [...this.#zero(parallel, open, values, sizes), ...run(0, counts, this.#accumulates), ...finish];
  }

  /** Whether panels are more to read than all rows: threads that share the panels out read each only once. */
  get #panelsWeigh(): boolean {
    const { panels } = this.#nest;
    if (panels === undefined) return false;
    return operandBytes(this.#nest, panels, true) > operandBytes(this.#nest, panels, false);
  }

  /** Of axes over rows, the outermost ones, such that what the others read stays in cache beside a panel. */
  #outsidePanels(rows: readonly number[]): readonly number[] {
    const fits = (count: number) => {
      const outside = [...this.#outer, ...rows.slice(0, count)];
      const axes = this.#nest.axes.map((size, axis) => (outside.includes(axis) ? 1 : size));
      return staysBesidePanel({ ...this.#nest, axes }, this.#nest.panels!, 1, this.#target);
    };
    const least = rows.findIndex((_, count) => fits(count));
    return least < 0 ? rows : rows.slice(0, least);
  }

  /** The result is complete after one pass over it for each block of steps, the first of which can set it. */
  get #setsFirst(): boolean {
    const { fill, reduce } = this.#nest;
    return fill === undefined && this.#outer.length <= 1 && reduce?.colliding.length === 0;
  }

  /** See `#byPanel`: where the rows stay in cache, and more than one tile reads a panel. */
  #goesByPanel(outputs: readonly number[]): boolean {
    const { axes, panels, tasks, fill } = this.#nest;
    if (panels === undefined || tasks !== undefined || fill) return false;
    const rows = outputs.filter((axis) => axis !== panels && axis !== this.#tiling.vectorAxis);
    const count = rows.reduce((product, axis) => product * axes[axis]!, 1);
    const tile = this.#tiling.tileAxes.reduce((product, { size }) => product * size, 1);
    return count > tile && canKeepSums(this.#nest) && staysBesidePanel(this.#nest, panels, 1, this.#target);
  }

  /** What follows a sum is computed when it is complete in memory. */
  get #finishes(): boolean {
    return this.#outer.length > 0 && this.#nest.stores[0]!.value.kind !== 'acc';
  }

  /** Sums are completed in memory, not in registers. */
  get #accumulates(): boolean {
    return this.#outer.length > 0 || (this.#nest.reduce?.colliding.length ?? 0) > 0;
  }

  /** Nested loops over the blocks of the given axes, with `body` at the innermost place. */
  #loops(
    loops: readonly LoopPlan[],
    values: AxisValue[],
    sizes: number[],
    body: (values: AxisValue[], sizes: number[]) => Stmt[],
    parallel = false,
  ): Stmt[] {
    const [loop, ...others] = loops;
    if (!loop) return body(values, sizes);
    const statements: Stmt[] = [];
    let firstTask = 0;
    for (const { start, blocks, size } of loop.segments) {
      const nextSizes = sizes.with(loop.axis, size);
      if (blocks === 1 && !parallel) {
        const nextValues = values.with(loop.axis, { offset: start, terms: [] });
        statements.push(...this.#loops(others, nextValues, nextSizes, body));
      } else {
        const variable = this.#emit.variable();
        const value = { offset: start, terms: [{ variable, stride: size }] };
        statements.push({
          kind: 'loop',
          variable,
          count: blocks,
          ...(parallel ? { firstTask } : {}),
          body: this.#loops(others, values.with(loop.axis, value), nextSizes, body),
        });
      }
      firstTask += blocks;
    }
    return statements;
  }

  /** One register tile: clear the accumulators, run the reduction, store, or add to what is there. */
  #tile(values: AxisValue[], sizes: number[], adds: boolean): Stmt[] {
    const nest = this.#nest;
    const points = this.#points(sizes);
    if (!nest.reduce) return this.#emit.stores(nest.stores, points, values, []);
    const { combine, body } = nest.reduce;
    const chains = this.#chainsOf(sizes, points.length);
    const sets = Array.from({ length: chains }, () => points.map(() => this.#emit.register()));
    const none = this.#emit.identity(combine, body.dtype);
    // What was there is read at the end: by then it has come from wherever it was. An engine that moves loads has its own
    // idea of when; there the sums begin with it.
    const early = adds && this.#target.hoistsLoads;
    const statements: Stmt[] = sets.flatMap((registers, chain) =>
      registers.map((register, i) => ({
        kind: 'assign' as const,
        register,
        value:
          early && chain === 0
            ? this.#emit.load(nest.stores[0]!.access, 'float32', points[i]!, values)
            : none,
      })),
    );
    statements.push(...this.#reduction(this.#reduceAxes, values, points, sets, body, combine));
    const [first, ...others] = sets.map((registers) =>
      registers.map((register): Vector => ({ kind: 'register', dtype: body.dtype, register })),
    );
    const op = combine === 'sum' ? 'add' : 'max';
    const accumulators = first!.map((vector, i) =>
      others.reduce((a, set): Vector => ({ kind: 'binary', op, dtype: body.dtype, a, b: set[i]! }), vector),
    );
    const sums = this.#finishes ? sumsOnly(nest) : nest.stores;
    const stores = adds && !early ? sums.map((store) => ({ ...store, accumulate: true })) : sums;
    statements.push(...this.#emit.stores(stores, points, values, accumulators));
    return statements;
  }

  /** The loops over the reduced axes, the innermost ones unrolled; steps take the sets of accumulators in turn. */
  #reduction(
    axes: readonly number[],
    values: AxisValue[],
    points: readonly TilePoint[],
    sets: readonly (readonly number[])[],
    body: Expr,
    combine: 'sum' | 'max',
    turn = 0,
  ): Stmt[] {
    const operations = points.length * Math.max(1, operationCount(body));
    const [axis, ...inner] = axes;
    if (axis === undefined) {
      return this.#emit.accumulate(body, combine, points, values, sets[turn % sets.length]!);
    }
    const below = inner.reduce((product, a) => product * this.#nest.axes[a]!, 1) * operations;
    const size = this.#nest.axes[axis]!;
    const most = this.#target.hoistsLoads ? sets.length : UNROLL_OPERATIONS / operations;
    const unroll = Math.max(1, Math.min(size, Math.floor((most * operations) / below)));
    const statements: Stmt[] = [];
    for (const segment of segmentsOf(size, evenUnroll(size, unroll))) {
      const once = (base: AxisValue) =>
        Array.from({ length: segment.size }, (_, i) => {
          const at = values.with(axis, { ...base, offset: base.offset + i });
          return this.#reduction(inner, at, points, sets, body, combine, turn + i);
        }).flat();
      if (segment.blocks === 1) {
        statements.push(...once({ offset: segment.start, terms: [] }));
        continue;
      }
      const variable = this.#emit.variable();
      statements.push({
        kind: 'loop',
        variable,
        count: segment.blocks,
        body: once({ offset: segment.start, terms: [{ variable, stride: segment.size }] }),
      });
    }
    return statements;
  }

  /** Sets of accumulators for a tile of these sizes. */
  #chainsOf(sizes: readonly number[], accumulators: number): number {
    const { vectorAxis, tileAxes } = this.#tiling;
    const rows = tileAxes.map(({ axis }) => sizes[axis]!);
    const vectors = vectorAxis < 0 ? 1 : Math.ceil(sizes[vectorAxis]! / this.#target.lanes);
    const loads = loadsOfStep(this.#nest, this.#tiling, rows, vectors);
    const terms = this.#reduceAxes.reduce((product, axis) => product * this.#nest.axes[axis]!, 1);
    return Math.min(chainsOf(this.#target, accumulators, loads), terms);
  }

  /** Sets this task's part of the result to zero before sums are added to it. */
  #zero(
    parallel: LoopPlan | undefined,
    open: readonly number[],
    values: AxisValue[],
    sizes: number[],
  ): Stmt[] {
    const nest = this.#nest;
    const { access } = nest.stores[0]!;
    const zero = { kind: 'const', dtype: 'float32', value: 0 } as const;
    if (!nest.fill && !this.#accumulates) return [];
    if (nest.fill) {
      // The places that points reach are not all: clear the contiguous slice that belongs to this task.
      const stride = parallel ? access.strides[parallel.axis]! : nest.fill.size;
      const extent = parallel ? nest.axes[parallel.axis]! : 1;
      if (stride * extent !== nest.fill.size || !this.#within(parallel, stride)) return [];
      this.fillsItself = true;
      const at = parallel ? values[parallel.axis]! : undefined;
      const block = parallel ? sizes[parallel.axis]! : 1;
      return this.#emit.clear(access.buffer, stride * block, at, stride);
    }
    return this.#each(open, [{ access, value: zero, accumulate: false }], values, sizes);
  }

  /** Stores all along the given axes, vector by vector. */
  #each(open: readonly number[], stores: readonly NestStore[], values: AxisValue[], sizes: number[]): Stmt[] {
    const { vectorAxis } = this.#tiling;
    const loops = open.map((axis) => ({
      axis,
      segments: segmentsOf(this.#nest.axes[axis]!, axis === vectorAxis ? this.#target.lanes : 1),
    }));
    return this.#loops(loops, values, sizes, (v, s) => this.#emit.stores(stores, this.#points(s), v, []));
  }

  /** Whether one task's stores all lie in its own slice of the result. */
  #within(parallel: LoopPlan | undefined, slice: number): boolean {
    return this.#nest.stores.every(({ access }) => {
      const axes = parallel ? this.#nest.axes.with(parallel.axis, 1) : this.#nest.axes;
      const { low, high } = reach(access, axes);
      return low >= 0 && high < slice;
    });
  }

  /** The points of a tile: offsets along the tiled axes, and vectors with their number of lanes. */
  #points(sizes: readonly number[]): TilePoint[] {
    const { vectorAxis, tileAxes } = this.#tiling;
    let offsets: ReadonlyMap<number, number>[] = [new Map()];
    for (const { axis } of tileAxes) {
      offsets = offsets.flatMap((map) =>
        Array.from({ length: sizes[axis]! }, (_, i) => new Map([...map, [axis, i]])),
      );
    }
    if (vectorAxis < 0) return offsets.map((map) => ({ offsets: map, lanes: 1 }));
    const { lanes } = this.#target;
    const width = sizes[vectorAxis]!;
    return offsets.flatMap((map) =>
      Array.from({ length: Math.ceil(width / lanes) }, (_, i) => ({
        offsets: new Map([...map, [vectorAxis, i * lanes]]),
        lanes: Math.min(lanes, width - i * lanes),
      })),
    );
  }

  #work(): { cycles: number; flops: number } {
    const nest = this.#nest;
    const points = nest.axes.reduce((product, size) => product * size, 1);
    const outputs = outputAxes(nest).reduce((product, axis) => product * nest.axes[axis]!, 1);
    let flops = 0;
    if (nest.reduce) flops += points * (operationCount(nest.reduce.body) + 1);
    for (const { value } of nest.stores) flops += outputs * operationCount(value);
    const traffic =
      outputs * (nest.stores.length + 1) + (nest.reduce ? points / 4 : outputs * accessesOf(nest).length);
    const { lanes, fmaPerCycle } = this.#target;
    return { cycles: (flops / 2 + traffic) / (lanes * fmaPerCycle), flops };
  }
}

/** The largest divisor of `size` not above `most`, unless that would waste more than half of the unrolling. */
function evenUnroll(size: number, most: number): number {
  for (let unroll = most; unroll > most / 2; unroll--) if (size % unroll === 0) return unroll;
  return most;
}
