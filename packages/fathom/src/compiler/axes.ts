import { type Access, type Expr, mapLeaves, moveIndex, variesAlong, walk } from '../ir/expr.ts';
import type { Nest, NestStore } from './nest.ts';

/** The same nest with axes of extent 1 dropped and neighbours merged where every access runs straight on. */
export function normalizeAxes(nest: Nest): Nest {
  const kept = nest.axes.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  const dropped = remapAxes(
    nest,
    kept.map((axis) => ({ axis, size: nest.axes[axis]! })),
  );
  let current = inOrderOfResult(dropped);
  for (let axis = current.axes.length - 2; axis >= 0; axis--) {
    if (mergeable(current, axis)) {
      const axes = current.axes.flatMap((size, a) => {
        if (a === axis) return [];
        return [{ axis: a, size: a === axis + 1 ? size * current.axes[axis]! : size }];
      });
      current = remapAxes(current, axes);
    }
  }
  return current;
}

/** The nest of a sum with the axes of its result in the order in which that lies in memory. */
function inOrderOfResult(nest: Nest): Nest {
  if (!nest.reduce) return nest;
  const { strides } = nest.stores[0]!.access;
  const outputs = nest.axes.flatMap((_, axis) => (strides[axis] === 0 ? [] : [axis]));
  const sorted = outputs.toSorted((a, b) => Math.abs(strides[b]!) - Math.abs(strides[a]!));
  if (outputs.every((axis, i) => axis === sorted[i])) return nest;
  const order = nest.axes.map((_, axis) => (strides[axis] === 0 ? axis : sorted.shift()!));
  return remapAxes(
    nest,
    order.map((axis) => ({ axis, size: nest.axes[axis]! })),
  );
}

/** All accesses of a nest, loads first. */
export function accessesOf(nest: Nest): Access[] {
  return [...loadsOf(nest).map(({ access }) => access), ...nest.stores.map(({ access }) => access)];
}

/** First and last element that an access touches. */
export function reach(
  { offset, strides, indirect }: Access,
  axes: readonly number[],
): { low: number; high: number } {
  let low = offset;
  let high = offset;
  strides.forEach((stride, axis) => {
    const span = stride * (axes[axis]! - 1);
    if (span < 0) low += span;
    else high += span;
  });
  if (indirect) high += indirect.stride * (indirect.extent - 1);
  return { low, high };
}

export type Load = Extract<Expr, { kind: 'load' }>;

/** All distinct loads in the expressions of a nest. */
export function loadsOf(nest: Nest): Load[] {
  return loadsIn(...expressionsOf(nest));
}

/** All distinct loads in expressions. */
export function loadsIn(...expressions: readonly Expr[]): Load[] {
  const loads: Load[] = [];
  const seen = new Set<Expr>();
  for (const expr of expressions) {
    walk(
      expr,
      (node) => {
        if (node.kind === 'load') loads.push(node);
      },
      seen,
    );
  }
  return loads;
}

/**
 * Whether neighbours of what is loaded lie along the axis `across` and not along that of the lanes, so that they can be
 * loaded in rows and transposed, before anything is stored.
 */
export function liesAcross(
  { access, dtype }: Load,
  stores: readonly NestStore[],
  across: number,
  vectorAxis: number,
): boolean {
  const { strides, indirect, buffer } = access;
  const stride = strides[vectorAxis]!;
  return (
    strides[across] === 1 &&
    stride !== 0 &&
    stride !== 1 &&
    indirect === undefined &&
    dtype !== 'bool' &&
    stores.every((store) => store.access.buffer !== buffer)
  );
}

export function expressionsOf(nest: Nest): Expr[] {
  const places = nest.stores.flatMap(({ access }) => (access.indirect ? [access.indirect.index] : []));
  return [...(nest.reduce ? [nest.reduce.body] : []), ...nest.stores.map(({ value }) => value), ...places];
}

/** The outermost axis of something of which each element is read once: it moves along all axes. */
export function outermostOfStream({ axes }: Nest, loads: readonly Load[]): number | undefined {
  for (const { access } of loads) {
    const strides = access.strides.map(Math.abs);
    if (axes.some((size, axis) => size > 1 && strides[axis] === 0)) continue;
    const outermost = strides.indexOf(Math.max(...strides));
    if (strides.every((stride, a) => a === outermost || stride * axes[a]! <= strides[outermost]!))
      return outermost;
  }
  return undefined;
}

/** Buffers that a nest stores to. */
export function writesOf(nest: Nest): number[] {
  return [...new Set(nest.stores.map(({ access }) => access.buffer))];
}

/** For each buffer that is stored to, how many nests do so. */
export function countWriters(nests: readonly Nest[]): Map<number, number> {
  const writers = new Map<number, number>();
  for (const buffer of nests.flatMap(writesOf)) writers.set(buffer, (writers.get(buffer) ?? 0) + 1);
  return writers;
}

/** Whether a store's computed place changes along `axis`: different points may fall on one place, in any order. */
export function scattersAlong(nest: Nest, axis: number): boolean {
  return nest.stores.some(
    ({ access }) => access.indirect !== undefined && variesAlong(access.indirect.index, axis),
  );
}

/** Rewrites every expression and access of a nest. */
export function rewriteNest(
  nest: Nest,
  axes: readonly number[],
  access: (access: Access) => Access,
  strides: (strides: readonly number[]) => number[],
  axisOf: (axis: number) => number,
): Nest {
  const seen = new Map<Expr, Expr>();
  const rewrite = (expr: Expr) =>
    mapLeaves(
      expr,
      (leaf) => {
        if (leaf.kind === 'load') return { ...leaf, access: access(leaf.access) };
        if (leaf.kind === 'index') {
          return {
            ...leaf,
            affine: { offset: leaf.affine.offset, coefficients: strides(leaf.affine.coefficients) },
          };
        }
        return leaf;
      },
      seen,
    );
  const stores = nest.stores.map(
    (store): NestStore => ({
      ...store,
      access: access(moveIndex(store.access, rewrite)),
      value: rewrite(store.value),
    }),
  );
  const { reduce, tasks, panels, ...others } = nest;
  const rest = {
    ...others,
    ...(tasks === undefined ? {} : { tasks: axisOf(tasks) }),
    ...(panels === undefined ? {} : { panels: axisOf(panels) }),
  };
  const kept = (list: readonly number[]) => list.map(axisOf).filter((axis) => axis >= 0);
  const entangled = kept(nest.entangled);
  if (!reduce) return { ...rest, axes, stores, entangled };
  const colliding = kept(reduce.colliding);
  return { ...rest, axes, stores, entangled, reduce: { ...reduce, body: rewrite(reduce.body), colliding } };
}

/** The same nest over some of its axes, in another order. */
export function remapAxes(nest: Nest, axes: readonly { axis: number; size: number }[]): Nest {
  const pick = (strides: readonly number[]) => axes.map(({ axis }) => strides[axis] ?? 0);
  return rewriteNest(
    nest,
    axes.map(({ size }) => size),
    (access) => ({ ...access, strides: pick(access.strides) }),
    pick,
    (axis) => axes.findIndex((entry) => entry.axis === axis),
  );
}

/** Whether axes `axis` and `axis + 1` can become one. */
function mergeable(nest: Nest, axis: number): boolean {
  const inner = nest.axes[axis + 1]!;
  if (nest.tasks === axis || nest.tasks === axis + 1) return false;
  if (nest.entangled.some((entangled) => entangled === axis || entangled === axis + 1)) return false;
  const straight = (strides: readonly number[]) => strides[axis] === strides[axis + 1]! * inner;
  // Both axes reduced or neither: a stride of 0 in the store means reduced.
  const alike = nest.stores.every(
    ({ access }) => (access.strides[axis] === 0) === (access.strides[axis + 1] === 0),
  );
  if (!alike || !accessesOf(nest).every((access) => straight(access.strides))) return false;
  let indicesStraight = true;
  for (const expr of expressionsOf(nest)) {
    walk(expr, (node) => {
      if (node.kind === 'index' && !straight(node.affine.coefficients)) indicesStraight = false;
    });
  }
  return indicesStraight;
}
