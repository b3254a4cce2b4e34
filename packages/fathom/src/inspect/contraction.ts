import { type Padding, type TimePadding, windowsAlong } from '../functional/spatial.ts';
import { reachAlong } from '../functional/transposedConvolution.ts';
import { type Shape, stridesOf } from '../ir/shape.ts';

/** Where a number stands in a sample, one index an axis. */
export type Place = readonly number[];

/** offset + Σ coefficient · axis, the coefficients positive. */
export interface AffineIndex {
  readonly offset: number;
  readonly terms: readonly (readonly [axis: number, coefficient: number])[];
}

/**
 * Which numbers a layer brings together: for every point of an iteration space, one place of the input, one of the
 * weights and one of the result, all affine. A convolution, its gradients, a dense, depthwise or locally connected
 * layer and every pooling are such a table; only its lines differ.
 */
export interface Contraction {
  readonly axes: readonly { readonly name: string; readonly size: number }[];
  /** May lie outside of the sample, in the padding. */
  readonly x: readonly AffineIndex[];
  /** Of pooling, nothing. */
  readonly w: readonly AffineIndex[] | undefined;
  readonly y: readonly AffineIndex[];
}

/** A point of the iteration space. */
export interface Point {
  readonly x: Place;
  readonly w: Place | undefined;
  readonly y: Place;
}

/**
 * All points at which one of the three stands at the given place, in row-major order of the axes. Fixed y gives the
 * terms of one result; fixed x all that one input value goes into; fixed w all places where one weight is used.
 */
export function pointsAt(contraction: Contraction, which: 'x' | 'w' | 'y', place: Place): Point[] {
  const { axes, x, w, y } = contraction;
  const equations = contraction[which] ?? [];
  const steps = stepsFor(contraction, which);
  const values = axes.map(() => 0);
  const found: Point[] = [];
  const at = (map: readonly AffineIndex[]) => map.map((index) => valueAt(index, values));
  const visit = (from: number): void => {
    const step = steps[from];
    if (!step) {
      found.push({ x: at(x), w: w && at(w), y: at(y) });
      return;
    }
    const { axis, equation } = step;
    if (axis === undefined) {
      if (valueAt(equations[equation]!, values) === place[equation]) visit(from + 1);
      return;
    }
    const { size } = axes[axis]!;
    if (equation < 0) {
      for (let i = 0; i < size; i++) {
        values[axis] = i;
        visit(from + 1);
      }
      return;
    }
    values[axis] = 0;
    const value = (place[equation]! - valueAt(equations[equation]!, values)) / step.coefficient;
    if (!Number.isInteger(value) || value < 0 || value >= size) return;
    values[axis] = value;
    visit(from + 1);
  };
  visit(0);
  return found;
}

/** What results see along one axis of the input: the smallest and largest index, and how much of it is in the sample. */
export interface Reach {
  /** In the padding, too. */
  readonly low: number;
  readonly high: number;
  /** Of those in the sample; undefined where there is none. */
  readonly inside: readonly [low: number, high: number] | undefined;
}

/** What the results between two places see of an input of the given shape. */
export function reachOf(
  { axes, x, y }: Contraction,
  shape: Shape,
  low: Place,
  high: Place,
): readonly Reach[] {
  const ranges = axes.map(({ size }): [number, number] => [0, size - 1]);
  y.forEach(({ offset, terms }, d) => {
    // Of the terms of one index, each is bounded by what the others can be at most and at least.
    const spans = terms.map(([axis, c]) => [axis, c, c * (axes[axis]!.size - 1)] as const);
    const most = spans.reduce((sum, [, , span]) => sum + span, 0);
    for (const [axis, c, span] of spans) {
      const range = ranges[axis]!;
      range[0] = Math.max(range[0], Math.ceil((low[d]! - offset - (most - span)) / c));
      range[1] = Math.min(range[1], Math.floor((high[d]! - offset) / c));
    }
  });
  return x.map((index, d) => {
    const seen = valuesOf(index, ranges);
    const inside = seen.filter((at) => at >= 0 && at < shape[d]!);
    return {
      low: Math.min(...seen),
      high: Math.max(...seen),
      inside: inside.length === 0 ? undefined : [Math.min(...inside), Math.max(...inside)],
    };
  });
}

/** Number of points, which is that of products. */
export function pointCount({ axes }: Contraction): number {
  return axes.reduce((product, { size }) => product * size, 1);
}

export interface WindowGeometry {
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation?: readonly number[] | undefined;
  readonly padding: TimePadding;
}

/**
 * Windows over samples [...space, channels], with kernels [...size, channels / groups, filters], or those of pooling,
 * where each channel stays for itself.
 */
export function windowContraction(
  input: Shape,
  { size, strides, dilation = size.map(() => 1), padding }: WindowGeometry,
  kernels: { readonly filters: number; readonly groups: number } | undefined,
): Contraction {
  const space = input.slice(0, -1);
  const windows = space.map((extent, d) =>
    windowsAlong(extent, size[d]!, strides[d]!, padding, dilation[d]!),
  );
  const n = space.length;
  const channels = input[n]!;
  const names = LETTERS[n] ?? space.map((_, d) => String(d));
  const base = [
    ...windows.map(({ count }, d) => ({ name: `o${names[d]}`, size: count })),
    ...size.map((extent, d) => ({ name: `k${names[d]}`, size: extent })),
  ];
  const seen = windows.map(({ low }, d) => affine(-low, [d, strides[d]!], [n + d, dilation[d]!]));
  const places = windows.map((_, d) => affine(0, [d, 1]));
  const c = 2 * n;
  if (!kernels) {
    return {
      axes: [...base, { name: 'c', size: channels }],
      x: [...seen, affine(0, [c, 1])],
      w: undefined,
      y: [...places, affine(0, [c, 1])],
    };
  }
  const { filters, groups } = kernels;
  const [each, made] = [channels / groups, filters / groups];
  const [f, g] = [c + 1, c + 2];
  return {
    axes: [...base, { name: 'c', size: each }, { name: 'f', size: made }, { name: 'g', size: groups }],
    x: [...seen, affine(0, [g, each], [c, 1])],
    w: [...size.map((_, d) => affine(0, [n + d, 1])), affine(0, [c, 1]), affine(0, [g, made], [f, 1])],
    y: [...places, affine(0, [g, made], [f, 1])],
  };
}

/** Kernels [...size, C, M] of channels that stay apart: result c·M + m. */
export function depthwiseContraction(
  input: Shape,
  geometry: WindowGeometry,
  multiplier: number,
): Contraction {
  const plain = windowContraction(input, geometry, undefined);
  const n = input.length - 1;
  const [c, m] = [2 * n, 2 * n + 1];
  return {
    axes: [...plain.axes, { name: 'm', size: multiplier }],
    x: plain.x,
    w: [...geometry.size.map((_, d) => affine(0, [n + d, 1])), affine(0, [c, 1]), affine(0, [m, 1])],
    y: [...plain.y.slice(0, n), affine(0, [c, multiplier], [m, 1])],
  };
}

/** Kernels [...size, filters, C] that every place of the sample adds to the result. */
export function transposedContraction(
  input: Shape,
  { size, strides, dilation = size.map(() => 1), padding }: WindowGeometry,
  filters: number,
  outputPadding: readonly number[] | undefined,
): Contraction {
  const n = input.length - 1;
  const names = LETTERS[n]!;
  const reaches = size.map((extent, d) =>
    reachAlong(input[d]!, extent, strides[d]!, padding as Padding, dilation[d]!, outputPadding?.[d]),
  );
  const [c, f] = [2 * n, 2 * n + 1];
  return {
    axes: [
      ...size.map((_, d) => ({ name: `i${names[d]}`, size: input[d]! })),
      ...size.map((extent, d) => ({ name: `k${names[d]}`, size: extent })),
      { name: 'c', size: input[n]! },
      { name: 'f', size: filters },
    ],
    x: [...size.map((_, d) => affine(0, [d, 1])), affine(0, [c, 1])],
    w: [...size.map((_, d) => affine(0, [n + d, 1])), affine(0, [f, 1]), affine(0, [c, 1])],
    y: [
      ...reaches.map(({ skipped }, d) => affine(-skipped, [d, strides[d]!], [n + d, dilation[d]!])),
      affine(0, [f, 1]),
    ],
  };
}

/** Kernels [places, what each sees, filters] of places that share nothing. */
export function localContraction(input: Shape, geometry: WindowGeometry, filters: number): Contraction {
  const plain = windowContraction(input, geometry, { filters, groups: 1 });
  const n = input.length - 1;
  const counts = plain.axes.slice(0, n).map(({ size }) => size);
  const seen = [...geometry.size, input[n]!];
  const weigh = (extents: readonly number[], first: number) =>
    stridesOf(extents).map((stride, d): [number, number] => [first + d, stride]);
  return {
    ...plain,
    w: [affine(0, ...weigh(counts, 0)), affine(0, ...weigh(seen, n)), affine(0, [2 * n + 1, 1])],
  };
}

/** Kernel [N, units] along the last axis. */
export function denseContraction(input: Shape, units: number): Contraction {
  const lead = input.length - 1;
  const [n, u] = [lead, lead + 1];
  const ahead = input.slice(0, -1);
  return {
    axes: [
      ...ahead.map((size, d) => ({ name: `a${d}`, size })),
      { name: 'n', size: input[lead]! },
      { name: 'u', size: units },
    ],
    x: [...ahead.map((_, d) => affine(0, [d, 1])), affine(0, [n, 1])],
    w: [affine(0, [n, 1]), affine(0, [u, 1])],
    y: [...ahead.map((_, d) => affine(0, [d, 1])), affine(0, [u, 1])],
  };
}

/** One number for each channel, from all places. */
export function globalContraction(input: Shape, keepDims: boolean): Contraction {
  const n = input.length - 1;
  const names = LETTERS[n] ?? [];
  const channel = affine(0, [n, 1]);
  return {
    axes: input.map((size, d) => ({ name: d < n ? `k${names[d] ?? d}` : 'c', size })),
    x: input.map((_, d) => affine(0, [d, 1])),
    w: undefined,
    y: keepDims ? [...input.slice(0, -1).map(() => affine(0)), channel] : [channel],
  };
}

const LETTERS: readonly (readonly string[])[] = [[], ['t'], ['h', 'w'], ['d', 'h', 'w']];

function affine(offset: number, ...terms: (readonly [number, number])[]): AffineIndex {
  return { offset, terms };
}

function valueAt({ offset, terms }: AffineIndex, values: readonly number[]): number {
  return terms.reduce((sum, [axis, coefficient]) => sum + coefficient * values[axis]!, offset);
}

/** All values of an index while its axes go through their ranges. */
function valuesOf({ offset, terms }: AffineIndex, ranges: readonly (readonly [number, number])[]): number[] {
  let values = new Set([offset]);
  for (const [axis, coefficient] of terms) {
    const [first, last] = ranges[axis]!;
    const next = new Set<number>();
    for (const value of values) for (let i = first; i <= last; i++) next.add(value + coefficient * i);
    values = next;
  }
  return [...values];
}

/** How to find the values of all axes, one after another. */
interface Step {
  /** Undefined where an equation is only to be checked. */
  readonly axis: number | undefined;
  /** Which equation decides the axis; −1 where all its values are tried. */
  readonly equation: number;
  readonly coefficient: number;
}

const plans = new WeakMap<Contraction, Map<string, readonly Step[]>>();

/** Which axes are decided by what is fixed, and which are gone through: the same for every place. */
function stepsFor(contraction: Contraction, which: 'x' | 'w' | 'y'): readonly Step[] {
  const known = plans.get(contraction) ?? new Map<string, readonly Step[]>();
  plans.set(contraction, known);
  const steps = known.get(which) ?? makeSteps(contraction.axes, contraction[which] ?? []);
  known.set(which, steps);
  return steps;
}

function makeSteps(axes: Contraction['axes'], equations: readonly AffineIndex[]): Step[] {
  const steps: Step[] = [];
  const open = new Set(axes.keys());
  const unused = new Set(equations.keys());
  // Axes of one value have it from the beginning.
  for (const [axis, { size }] of axes.entries()) if (size === 1) open.delete(axis);
  const settle = () => {
    for (const equation of unused) {
      const unknown = equations[equation]!.terms.filter(([axis]) => open.has(axis));
      if (unknown.length > 1) continue;
      const [axis, coefficient] = unknown[0] ?? [undefined, 1];
      steps.push({ axis, equation, coefficient });
      unused.delete(equation);
      if (axis !== undefined) open.delete(axis);
      return true;
    }
    return false;
  };
  while (open.size > 0 || unused.size > 0) {
    if (settle()) continue;
    // One that an equation bounds comes before those that are free.
    const bound = [...unused].flatMap((equation) => equations[equation]!.terms.map(([axis]) => axis));
    const axis = bound.find((one) => open.has(one)) ?? Math.min(...open);
    steps.push({ axis, equation: -1, coefficient: 1 });
    open.delete(axis);
  }
  return steps;
}
