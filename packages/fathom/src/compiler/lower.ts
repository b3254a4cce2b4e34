import { type Access, type Affine, acc, type Expr, float, int, load, variesAlong } from '../ir/expr.ts';
import { topologicalOrder } from '../ir/graph.ts';
import type { NestSpec, Operand, Piece, Place } from '../ir/op.ts';
import { sizeOf, stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { rewriteNest } from './axes.ts';
import { type Fusion, underlying } from './fuse.ts';
import type { Nest, NestStore } from './nest.ts';
import type { Origin } from './program.ts';

/** Where stored values are; the compiler's driver decides. */
export interface Storage {
  /** The number of a stored value's buffer. */
  bufferOf(node: Tensor): number;
  /** Strides of a value in its buffer, row-major unless the driver spreads them. */
  stridesOf(node: Tensor): readonly number[];
}

/** The loop nests that compute the stored value `node`. */
export function lowerNode(node: Tensor, fusion: Fusion, storage: Storage): Nest[] {
  const origin = originOf(node, fusion);
  return lowerPieces(node, fusion, storage).map((nest) => ({ ...completeStrides(nest), origin }));
}

function lowerPieces(node: Tensor, fusion: Fusion, storage: Storage): Nest[] {
  const reduction = fusion.reductionOf.get(node) ?? node;
  const { lower } = reduction.op;
  const target = storage.bufferOf(node);
  const strides = storage.stridesOf(node);
  const name = kernelName(node, reduction);
  switch (lower.kind) {
    case 'nest':
      return [lowerNest(name, node, reduction, lower.nest(reduction), fusion, storage)];
    case 'pieces':
      return lowerRegions(name, node, lower.pieces(node), fusion, storage);
    default: {
      const at = identity(node.rank);
      const value = new Inliner(fusion, storage, node).compute(node, at);
      return [
        {
          name,
          axes: node.shape,
          stores: [{ access: accessOf(target, strides, at), value, accumulate: false }],
          entangled: [],
        },
      ];
    }
  }
}

/** One nest for each region; a ground of zeros below all others becomes the fill of the first of them. */
function lowerRegions(
  name: string,
  node: Tensor,
  pieces: readonly Piece[],
  fusion: Fusion,
  storage: Storage,
): Nest[] {
  const target = storage.bufferOf(node);
  const strides = storage.stridesOf(node);
  const [ground, ...others] = pieces;
  const zeros =
    others.length > 0 &&
    'constant' in ground!.source &&
    ground!.source.constant === 0 &&
    sizeOf(ground!.extent) === node.size;
  return (zeros ? others : pieces).map((piece, i) => {
    const at = identity(piece.extent.length);
    const value =
      'input' in piece.source
        ? new Inliner(fusion, storage, node).expr(node.inputs[piece.source.input]!, at)
        : node.dtype === 'float32'
          ? float(piece.source.constant)
          : int(piece.source.constant);
    const place = at.map(({ coefficients }, d) => ({
      offset: piece.start[d]!,
      coefficients: coefficients.map((c) => c * piece.step[d]!),
    }));
    return {
      name: `${name}.${i}`,
      axes: piece.extent,
      stores: [{ access: accessOf(target, strides, place), value, accumulate: false }],
      entangled: [],
      ...(zeros && i === 0 ? { fill: { buffer: target, size: node.shape[0]! * strides[0]! } } : {}),
    };
  });
}

/** Accesses of scalars know no axes; gives every access a stride for each axis of its nest. */
function completeStrides(nest: Nest): Nest {
  const complete = (strides: readonly number[]) => nest.axes.map((_, axis) => strides[axis] ?? 0);
  const access = (a: Access): Access => ({ ...a, strides: complete(a.strides) });
  return rewriteNest(nest, nest.axes, access, complete, (axis) => axis);
}

/** A nest that puts a value into another buffer than its own, computing it there if it is stored nowhere. */
export function storeNest(
  name: string,
  node: Tensor,
  fusion: Fusion,
  storage: Storage,
  target: number,
): Nest {
  const at = identity(node.rank);
  const value = new Inliner(fusion, storage).expr(node, at);
  return completeStrides({
    name,
    axes: node.shape,
    stores: [{ access: accessOf(target, stridesOf(node.shape), at), value, accumulate: false }],
    entangled: [],
    ...(fusion.stored.has(node) ? {} : { origin: originOf(node, fusion) }),
  });
}

/** A nest that copies a value, for results that must not share memory with what they are equal to. */
export function copyNest(name: string, source: Expr, size: number, target: number): Nest {
  return {
    name,
    axes: [size],
    stores: [{ access: { buffer: target, offset: 0, strides: [1] }, value: source, accumulate: false }],
    entangled: [],
  };
}

/** The stored value `node` and all that is computed on the way to it, operands first. */
function originOf(node: Tensor, fusion: Fusion): Origin[] {
  const inMemory = (other: Tensor) => other !== node && fusion.stored.has(other);
  const origin: Origin[] = [];
  for (const other of topologicalOrder([node], { has: inMemory })) {
    const { op, label, shape } = other;
    const { kind } = op.lower;
    if (kind === 'leaf' || kind === 'alias' || inMemory(other)) continue;
    origin.push({ op: op.name, label, shape, stored: other === node });
  }
  return origin;
}

/** The access of a tensor of that shape at an index of which one axis may be computed. */
function accessAt(
  buffer: number,
  strides: readonly number[],
  shape: readonly number[],
  index: readonly Place[],
): Access {
  const computed = index.findIndex(isComputed);
  if (computed < 0) return accessOf(buffer, strides, index as readonly Affine[]);
  const rank = index.reduce(
    (most, place) => Math.max(most, isComputed(place) ? 0 : place.coefficients.length),
    0,
  );
  const origin: Affine = { offset: 0, coefficients: Array.from({ length: rank }, () => 0) };
  return {
    ...accessOf(
      buffer,
      strides,
      index.map((place) => (isComputed(place) ? origin : place)),
    ),
    indirect: {
      index: index[computed] as Expr,
      stride: strides[computed]!,
      extent: Math.max(1, shape[computed]!),
    },
  };
}

const isComputed = (place: Place): place is Expr => 'kind' in place;

/** The access of a tensor that lies in `buffer` with the given strides, at an affine index. */
export function accessOf(buffer: number, strides: readonly number[], index: readonly Affine[]): Access {
  const rank = index[0]?.coefficients.length ?? 0;
  return {
    buffer,
    offset: index.reduce((sum, affine, d) => sum + affine.offset * strides[d]!, 0),
    strides: Array.from({ length: rank }, (_, axis) =>
      index.reduce((sum, affine, d) => sum + affine.coefficients[axis]! * strides[d]!, 0),
    ),
  };
}

function lowerNest(
  name: string,
  node: Tensor,
  reduction: Tensor,
  spec: NestSpec,
  fusion: Fusion,
  storage: Storage,
): Nest {
  const target = storage.bufferOf(node);
  const strides = storage.stridesOf(node);
  const extent = node.rank === 0 ? 1 : node.shape[0]! * strides[0]!;
  const inputs = new Inliner(fusion, storage, reduction);
  const operand: Operand = (input, index) => inputs.expr(reduction.inputs[input]!, index);
  if (spec.scatter) {
    const { computed } = spec.scatter;
    const at: Place[] = [...spec.out];
    if (computed) at[computed.axis] = computed.place(operand);
    const place = accessAt(target, strides, node.shape, at);
    const values = spec.scatter.values(operand);
    const entangled = computed
      ? spec.axes.flatMap((_, axis) => (variesAlong(place.indirect!.index, axis) ? [axis] : []))
      : collisions(spec, spec.scatter.offsets).entangled;
    const overlapping = entangled.length > 0 || computed !== undefined;
    const stores = spec.scatter.offsets.map((offset, i): NestStore => {
      const shift = offset.reduce((sum, o, d) => sum + o * strides[d]!, 0);
      return {
        access: { ...place, offset: place.offset + shift },
        value: values[i]!,
        accumulate: overlapping,
      };
    });
    const reached = sizeOf(spec.axes) * spec.scatter.offsets.length;
    const complete = !overlapping && reached === node.size;
    return {
      name,
      axes: spec.axes,
      stores,
      entangled,
      ...(complete ? {} : { fill: { buffer: target, size: extent } }),
    };
  }
  const { colliding, entangled } = collisions(spec, []);
  const used = spec.axes.filter((_, axis) => spec.out.some(({ coefficients }) => coefficients[axis] !== 0));
  const complete = colliding.length === 0 && sizeOf(used) === node.size;
  const epilogue =
    reduction === node
      ? acc(node.dtype)
      : new Inliner(fusion, storage, node, reduction).compute(node, spec.out);
  return {
    name,
    axes: spec.axes,
    reduce: { combine: spec.combine, body: spec.body(operand), colliding },
    entangled,
    stores: [
      {
        access: accessOf(target, strides, spec.out),
        value: epilogue,
        accumulate: false,
      },
    ],
    ...(complete ? {} : { fill: { buffer: target, size: extent } }),
  };
}

/**
 * Axes of indices such as s·o + w, in which different points can fall on one place unless the windows are as far
 * apart as they are long: all of them are entangled, and all but the first are to be run in sequence.
 */
function collisions(
  spec: NestSpec,
  offsets: readonly (readonly number[])[],
): { colliding: number[]; entangled: number[] } {
  const colliding: number[] = [];
  const entangled: number[] = [];
  spec.out.forEach(({ coefficients }, d) => {
    const terms = coefficients
      .map((c, axis) => ({ c, axis, size: spec.axes[axis]! }))
      .filter(({ c, size }) => c !== 0 && size > 1);
    const [first, ...rest] = terms;
    const width = offsets.reduce((most, offset) => Math.max(most, offset[d]!), 0);
    const span = rest.reduce((sum, { c, size }) => sum + Math.abs(c) * (size - 1), width);
    if (first && span >= Math.abs(first.c)) {
      colliding.push(...rest.map(({ axis }) => axis));
      entangled.push(...terms.map(({ axis }) => axis));
    }
  });
  return { colliding, entangled };
}

/** Turns values that are not stored into expressions over loads of values that are. */
class Inliner {
  readonly #fusion: Fusion;
  readonly #storage: Storage;
  readonly #user: Tensor | undefined;
  readonly #accumulated: Tensor | undefined;
  readonly #known = new Map<string, Expr>();

  constructor(fusion: Fusion, storage: Storage, user?: Tensor, accumulated?: Tensor) {
    this.#fusion = fusion;
    this.#storage = storage;
    this.#user = user;
    this.#accumulated = accumulated;
  }

  /** The element of `node` at `index`: a load, the accumulator, or its computation. */
  expr(node: Tensor, index: readonly Place[]): Expr {
    if (node === this.#accumulated) return acc(node.dtype);
    if (index.some(isComputed)) return this.#load(node, index);
    return this.#at(node, index as readonly Affine[]);
  }

  #at(node: Tensor, index: readonly Affine[]): Expr {
    const key = `${node.id}:${index.map((a) => `${a.offset},${a.coefficients.join(',')}`).join(';')}`;
    const known = this.#known.get(key);
    if (known) return known;
    const source = underlying(node, 'alias');
    const inMemory = this.#fusion.stored.has(source) || source.op.lower.kind === 'leaf';
    const result = inMemory && node !== this.#user ? this.#load(node, index) : this.compute(node, index);
    this.#known.set(key, result);
    return result;
  }

  /** The computation of `node` at `index`, whether or not it is stored as well. */
  compute(node: Tensor, index: readonly Affine[]): Expr {
    const { lower } = node.op;
    switch (lower.kind) {
      case 'pointwise':
        return lower.body(
          node.inputs.map((input) => this.expr(input, index)),
          node,
        );
      case 'index':
        return this.expr(node.inputs[0]!, lower.map(index, node));
      case 'generate':
        return lower.body(index, node, (input, at) => this.expr(node.inputs[input]!, at));
      case 'leaf':
      case 'alias':
      case 'pieces':
      case 'nest':
      case 'loop':
        return this.#load(node, index);
      default:
        return lower satisfies never;
    }
  }

  #load(node: Tensor, index: readonly Place[]): Expr {
    const source = underlying(node, 'alias');
    // Another shape of the same elements is row-major: the driver never spreads a value that is reshaped.
    const strides = source === node ? this.#storage.stridesOf(node) : stridesOf(node.shape);
    return load(accessAt(this.#storage.bufferOf(source), strides, node.shape, index), node.dtype);
  }
}

function identity(rank: number): Affine[] {
  return Array.from({ length: rank }, (_, axis) => ({
    offset: 0,
    coefficients: Array.from({ length: rank }, (_, other) => (other === axis ? 1 : 0)),
  }));
}

function kernelName(node: Tensor, reduction: Tensor): string {
  return reduction === node ? node.op.name : `${reduction.op.name}+${node.op.name}`;
}
