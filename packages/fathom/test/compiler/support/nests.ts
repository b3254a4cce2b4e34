import { loadsOf } from '../../../src/compiler/axes.ts';
import { fuse } from '../../../src/compiler/fuse.ts';
import { lowerNode } from '../../../src/compiler/lower.ts';
import type { Nest } from '../../../src/compiler/nest.ts';
import { type Access, acc, type Expr, mapLeaves } from '../../../src/ir/expr.ts';
import { stridesOf } from '../../../src/ir/shape.ts';
import type { NumericArray, Tensor } from '../../../src/ir/tensor.ts';
import { scalarOf } from '../../support/lowering.ts';
import { seeded } from '../../support/random.ts';
import { graphOf } from './machine.ts';

/** The nests of a graph as they leave lowering, each stored value in a buffer of its own. */
export interface Lowered {
  readonly nests: Nest[];
  /** Sizes of the buffers. */
  readonly sizes: number[];
  readonly dtypes: Tensor['dtype'][];
  bufferOf(node: Tensor): number;
  /** A buffer for a pass that needs one. */
  allocate(size: number): number;
}

export function lowered(outputs: readonly Tensor[]): Lowered {
  const fusion = fuse(graphOf(outputs));
  const numbers = new Map<Tensor, number>();
  const sizes: number[] = [];
  const dtypes: Tensor['dtype'][] = [];
  const bufferOf = (node: Tensor) => {
    if (!numbers.has(node)) {
      numbers.set(node, sizes.length);
      sizes.push(node.size);
      dtypes.push(node.dtype);
    }
    return numbers.get(node)!;
  };
  const storage = { bufferOf, stridesOf: (node: Tensor) => stridesOf(node.shape) };
  const nests = fusion.order
    .filter((node) => fusion.stored.has(node) && node.op.lower.kind !== 'leaf')
    .flatMap((node) => lowerNode(node, fusion, storage));
  const allocate = (size: number) => {
    sizes.push(size);
    dtypes.push('float32');
    return sizes.length - 1;
  };
  return { nests, sizes, dtypes, bufferOf, allocate };
}

export type Memory = NumericArray[];

/** Memory in which leaves have their values and everything else random ones. */
export function memoryOf(
  { sizes, dtypes, bufferOf }: Lowered,
  leaves: ReadonlyMap<Tensor, ArrayLike<number>>,
): Memory {
  const random = seeded(sizes.length);
  const memory = sizes.map((size, i) =>
    dtypes[i] === 'float32'
      ? Float32Array.from({ length: size }, () => 2 * random() - 1)
      : Int32Array.from({ length: size }, () => Math.floor(8 * random())),
  );
  for (const [leaf, values] of leaves) memory[bufferOf(leaf)]?.set(values);
  return memory;
}

/** What a list of nests means, point by point and without any schedule. */
export function runNests(nests: readonly Nest[], memory: Memory): Memory {
  for (const nest of nests) runNest(nest, memory);
  return memory;
}

function runNest(nest: Nest, memory: Memory): void {
  if (nest.fill) memory[nest.fill.buffer]!.fill(0, 0, nest.fill.size);
  const points = pointsOf(nest.axes);
  const { reduce, stores } = nest;
  if (!reduce) {
    for (const point of points) {
      const values = stores.map(({ value }) => valueAt(value, point, memory));
      stores.forEach(({ access, accumulate }, i) => {
        const place = placeOf(access, point);
        const old = accumulate ? memory[access.buffer]![place]! : 0;
        memory[access.buffer]![place] = old + values[i]!;
      });
    }
    return;
  }
  const [store] = stores as [Nest['stores'][number]];
  const totals = new Map<number, { point: readonly number[]; total: number }>();
  for (const point of points) {
    const place = placeOf(store.access, point);
    const value = valueAt(reduce.body, point, memory);
    const known = totals.get(place);
    if (!known) totals.set(place, { point, total: value });
    else known.total = reduce.combine === 'sum' ? known.total + value : Math.max(known.total, value);
  }
  const results = [...totals].map(([place, { point, total }]) => {
    return { place, value: valueAt(store.value, point, memory, total) };
  });
  for (const { place, value } of results) memory[store.access.buffer]![place] = value;
}

function valueAt(expr: Expr, point: readonly number[], memory: Memory, total?: number): number {
  const constants = mapLeaves(expr, (leaf): Expr => {
    if (leaf.kind === 'acc') return { kind: 'const', dtype: leaf.dtype, value: total! };
    if (leaf.kind !== 'load') return leaf;
    const buffer = memory[leaf.access.buffer]!;
    const place = placeOf(leaf.access, point);
    if (!(place >= 0 && place < buffer.length))
      throw new Error(`a load reaches ${place} of ${buffer.length}.`);
    const value = leaf.dtype === 'bool' ? Number(buffer[place] !== 0) : buffer[place]!;
    return { kind: 'const', dtype: leaf.dtype, value };
  });
  return scalarOf(constants, point);
}

const placeOf = ({ offset, strides }: Access, point: readonly number[]) =>
  strides.reduce((sum, stride, axis) => sum + stride * point[axis]!, offset);

function pointsOf(axes: readonly number[]): number[][] {
  return axes.reduce<number[][]>(
    (points, size) => points.flatMap((point) => Array.from({ length: size }, (_, i) => [...point, i])),
    [[]],
  );
}

/** A nest over given strides: what an access names, written short. */
export const at = (buffer: number, strides: readonly number[], offset = 0): Access => ({
  buffer,
  offset,
  strides,
});

export const loadAt = (buffer: number, strides: readonly number[], offset = 0): Expr => ({
  kind: 'load',
  dtype: 'float32',
  access: at(buffer, strides, offset),
});

/** An elementwise nest that stores one value. */
export function elementwise(axes: readonly number[], to: Access, value: Expr, name = 'map'): Nest {
  return { name, axes, entangled: [], stores: [{ access: to, value, accumulate: false }] };
}

/** A reduction that stores the bare accumulated value. */
export function reduction(
  axes: readonly number[],
  to: Access,
  body: Expr,
  combine: 'sum' | 'max' = 'sum',
): Nest {
  return {
    name: 'reduce',
    axes,
    entangled: [],
    reduce: { combine, body, colliding: [] },
    stores: [{ access: to, value: acc('float32'), accumulate: false }],
  };
}

/** c[m,n] = Σ a[m,k]·b[k,n] with a in buffer 0, b in 1 and c in 2. */
export function product(m: number, n: number, k: number, transposed = false): Nest {
  const body: Expr = {
    kind: 'binary',
    dtype: 'float32',
    op: 'mul',
    a: loadAt(0, [k, 0, 1]),
    b: loadAt(1, transposed ? [0, k, 1] : [0, 1, n]),
  };
  return reduction([m, n, k], at(2, [n, 1, 0]), body);
}

export const buffersOf = (nest: Nest) => [...new Set(loadsOf(nest).map(({ access }) => access.buffer))];
