import { type Access, acc, type Expr, load } from '../ir/expr.ts';
import { type Load, loadsIn, outermostOfStream, rewriteNest } from './axes.ts';
import { largestDivisor } from './divisor.ts';
import type { Nest } from './nest.ts';
import { outputAxes } from './tile.ts';

/** A reduction with fewer results than this leaves threads and registers idle … */
const FEW_RESULTS = 1024;
/** … and is split when it has at least this many terms for each. */
const MANY_TERMS = 512;
/** A contraction finds parallel work in its rows and columns; with few results it is split from this many terms on. */
const CONTRACTION_TERMS = 8192;
/** Sums along memory, where no result runs along it, are gathered lane by lane: split from this many terms on … */
const GATHERED_TERMS = 64;
/** … in parts of at least so many. */
const GATHERED_PART = 4;
/** Partial sums kept side by side. */
const PARTS = 64;
/** Parts of the outermost axis that are enough to leave other axes whole. */
const ENOUGH_PARTS = 8;

/**
 * Splits a long reduction to few results in two: partial results over parts of one axis, then their sum. The split
 * depends on the shapes alone, so results do not depend on the number of threads.
 */
export function splitReduction(nest: Nest, allocate: (size: number) => number): Nest[] {
  const { reduce } = nest;
  if (nest.tasks !== undefined) return [nest];
  if (!reduce || reduce.colliding.length > 0 || nest.fill || nest.stores.length !== 1) return [nest];
  const outputs = outputAxes(nest);
  const reduced = nest.axes.map((_, axis) => axis).filter((axis) => !outputs.includes(axis));
  const results = outputs.reduce((product, axis) => product * nest.axes[axis]!, 1);
  const terms = reduced.reduce((product, axis) => product * nest.axes[axis]!, 1);
  const loads = loadsIn(nest.reduce!.body);
  const fewest = loads.length > 1 && isContraction(loads, outputs) ? CONTRACTION_TERMS : MANY_TERMS;
  // Where no result axis runs along memory, neighbouring terms go to different parts, so that lanes are neighbours.
  const along = (a: number) =>
    loads.every(({ access }) => access.strides[a] === 0 || access.strides[a] === 1);
  const lanesInResults = outputs.some((a) => nest.axes[a]! > 1 && along(a));
  const few =
    results <= FEW_RESULTS && terms >= fewest && !isSampleBySample(nest, loads, outputs, lanesInResults);
  const gathered = !lanesInResults && reduced.length === 1 && along(reduced[0]!) && fewest === MANY_TERMS;
  if (!few && !(gathered && terms >= GATHERED_TERMS)) return [nest];
  const [outermost] = reduced as [number];
  const widest = reduced.reduce((best, a) => (nest.axes[a]! > nest.axes[best]! ? a : best), outermost);
  const axis = largestDivisor(nest.axes[outermost]!, PARTS) >= ENOUGH_PARTS ? outermost : widest;
  const parts = largestDivisor(nest.axes[axis]!, few ? PARTS : Math.min(PARTS, terms / GATHERED_PART));
  if (parts < (few ? 2 : ENOUGH_PARTS)) return [nest];
  return twoStages(nest, axis, parts, !lanesInResults && along(axis), results, allocate);
}

/** Whether a sum goes over what each of enough samples has for itself, with lanes along its results: these share it out well. */
function isSampleBySample(
  nest: Nest,
  loads: readonly Load[],
  outputs: readonly number[],
  lanesInResults: boolean,
): boolean {
  const samples = outermostOfStream(nest, loads);
  return (
    lanesInResults &&
    samples !== undefined &&
    outputs.includes(samples) &&
    nest.axes[samples]! >= ENOUGH_PARTS
  );
}

/** Whether an operand is used for several results: tiles of these have work for all registers. */
function isContraction(loads: readonly Load[], outputs: readonly number[]): boolean {
  return loads.some(({ access }) => outputs.some((axis) => access.strides[axis] === 0));
}

function twoStages(
  nest: Nest,
  axis: number,
  parts: number,
  interleaved: boolean,
  results: number,
  allocate: (size: number) => number,
): Nest[] {
  const { reduce } = nest;
  const [store] = nest.stores as [Nest['stores'][number]];
  const length = nest.axes[axis]! / parts;
  // The axis becomes (part, term) or, interleaved, (term, part); parts come first among the axes of the new nest.
  const [partStride, termStride] = interleaved ? [1, parts] : [length, 1];
  const split = (strides: readonly number[]) => [
    (strides[axis] ?? 0) * partStride,
    ...nest.axes.map((_, a) => (strides[a] ?? 0) * (a === axis ? termStride : 1)),
  ];
  const temporary = allocate(parts * results);
  const partial = rewriteNest(
    nest,
    [parts, ...nest.axes.map((size, a) => (a === axis ? length : size))],
    (access) => ({ ...access, strides: split(access.strides) }),
    split,
    (a) => a + 1,
  );
  // In the order of the result itself, whose innermost axis the operands are laid out for.
  const outputs = outputAxes(nest).sort(
    (a, b) => Math.abs(store.access.strides[b]!) - Math.abs(store.access.strides[a]!),
  );
  // Partial results lie as [part, results], or as [results, part] where parts are the lanes.
  const resultStrides = rowMajor(nest, outputs, interleaved ? parts : 1);
  const strides = [interleaved ? 1 : results, ...resultStrides];
  const bare = acc(reduce!.body.dtype);
  const first: Nest = {
    ...partial,
    name: `${nest.name}.parts`,
    stores: [{ access: { buffer: temporary, offset: 0, strides }, value: bare, accumulate: false }],
    ...(interleaved ? {} : { tasks: 0 }),
  };
  const partsFirst = (access: Access): Access => ({
    ...access,
    strides: [...outputs.map((a) => access.strides[a]!), 0],
  });
  const body: Expr = load(
    { buffer: temporary, offset: 0, strides: [...outputs.map((a) => resultStrides[a]!), strides[0]!] },
    bare.dtype,
  );
  const epilogue = rewriteNest(
    { ...nest, stores: [store] },
    nest.axes,
    partsFirst,
    (s) => [...outputs.map((a) => s[a]!), 0],
    (a) => a,
  ).stores[0]!;
  const second: Nest = {
    name: nest.name,
    axes: [...outputs.map((a) => nest.axes[a]!), parts],
    reduce: { combine: reduce!.combine, body, colliding: [] },
    stores: [epilogue],
    entangled: [],
    ...(nest.origin ? { origin: nest.origin } : {}),
    ...(nest.loop ? { loop: nest.loop } : {}),
  };
  return [first, second];
}

/** Row-major strides over the result axes, 0 along the others. */
function rowMajor(nest: Nest, outputs: readonly number[], innermost: number): number[] {
  const strides = nest.axes.map(() => 0);
  let stride = innermost;
  for (const axis of [...outputs].reverse()) {
    strides[axis] = stride;
    stride *= nest.axes[axis]!;
  }
  return strides;
}
