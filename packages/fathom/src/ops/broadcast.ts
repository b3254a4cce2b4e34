import type { Affine } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { formatShape, normalizeAxis, type Shape, sameShape, sizeOf, stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkCount } from './define.ts';
import { reshape } from './reshape.ts';

/** `axes[d]` is the axis of the result along which axis d of the operand lies; the others repeat it. */
export interface BroadcastAttrs {
  readonly shape: Shape;
  readonly axes: readonly number[];
}

export interface SumAttrs {
  readonly axes: readonly number[];
}

/**
 * y[i] = x[i restricted to `axes`].
 * Adjoint of {@link sumOp}: dx = Σ dy over the repeated axes.
 */
export const broadcastOp: Op = {
  name: 'broadcast',
  doc: 'Repeats a tensor along new axes: y[i₀,…,iₙ] = x[i_axes₀,…].',
  infer(inputs, attrs) {
    checkCount('broadcast', inputs, 1);
    const { shape, axes } = attrs as BroadcastAttrs;
    const from = inputs[0]!.shape;
    const fits =
      axes.length === from.length &&
      axes.every((axis, d) => shape[axis] === from[d] && (d === 0 || axis > axes[d - 1]!));
    if (!fits) {
      throw new RangeError(
        `broadcast: ${formatShape(from)} does not lie along the axes ${formatShape(axes)} of ${formatShape(shape)}.`,
      );
    }
    return { shape, dtype: inputs[0]!.dtype };
  },
  lower: {
    kind: 'index',
    map: (at, node) => (node.attrs as BroadcastAttrs).axes.map((axis) => at[axis]!),
  },
  reference([x], node, out) {
    const { shape, axes } = node.attrs as BroadcastAttrs;
    const strides = stridesOf(shape);
    const from = stridesOf(node.inputs[0]!.shape);
    for (let i = 0; i < out.length; i++) {
      let source = 0;
      axes.forEach((axis, d) => {
        source += (Math.floor(i / strides[axis]!) % shape[axis]!) * from[d]!;
      });
      out[i] = x![source]!;
    }
  },
  vjp(node, dy) {
    const kept = (node.attrs as BroadcastAttrs).axes;
    return [sum(dy, complement(kept, dy.rank))];
  },
  examples: [
    { inputs: [{ shape: [3] }], attrs: { shape: [2, 3], axes: [1] } },
    { inputs: [{ shape: [2] }], attrs: { shape: [2, 5], axes: [0] } },
    { inputs: [{ shape: [] }], attrs: { shape: [3, 4], axes: [] } },
    { inputs: [{ shape: [2, 4] }], attrs: { shape: [2, 3, 4], axes: [0, 2] } },
    { inputs: [{ shape: [2] }], attrs: { shape: [3], axes: [0] }, error: 'does not lie along' },
  ],
};

/**
 * y = Σ x over `axes`, which leave the shape.
 * Adjoint of {@link broadcastOp}: dx = dy repeated along the summed axes.
 */
export const sumOp: Op = {
  name: 'sum',
  doc: 'Sum over axes, which leave the shape: y = Σ x.',
  infer(inputs, attrs) {
    checkCount('sum', inputs, 1);
    const { axes } = attrs as SumAttrs;
    const { shape, dtype } = inputs[0]!;
    checkAxes('sum', axes, shape);
    if (dtype === 'bool') throw new TypeError('sum: expected float32 or int32; received bool. Use cast().');
    return { shape: shape.filter((_, axis) => !axes.includes(axis)), dtype };
  },
  lower: {
    kind: 'nest',
    nest(node) {
      const { axes } = node.attrs as SumAttrs;
      const shape = node.inputs[0]!.shape;
      const at = unitIndex(shape.length);
      return {
        axes: shape,
        combine: 'sum',
        out: at.filter((_, axis) => !axes.includes(axis)),
        body: (operand) => operand(0, at),
        direct: [],
      };
    },
  },
  reference([x], node, out) {
    reduce(x!, node, (node.attrs as SumAttrs).axes, out, 0, (a, b) => a + b);
  },
  vjp(node, dy) {
    const { axes } = node.attrs as SumAttrs;
    const { shape } = node.inputs[0]!;
    return [broadcast(dy, shape, complement(axes, shape.length))];
  },
  overStacks: (node, [x]) => sum(x!, [0, ...(node.attrs as SumAttrs).axes.map((axis) => axis + 1)]),
  examples: [
    { inputs: [{ shape: [4, 5] }], attrs: { axes: [0] } },
    { inputs: [{ shape: [4, 5] }], attrs: { axes: [1] } },
    { inputs: [{ shape: [3, 6, 5] }], attrs: { axes: [0, 2] } },
    { inputs: [{ shape: [7] }], attrs: { axes: [0] } },
    { inputs: [{ shape: [64, 9, 9, 6] }], attrs: { axes: [0, 1, 2] } },
    { inputs: [{ shape: [3, 2], dtype: 'int32', range: [-9, 9] }], attrs: { axes: [1] } },
    { inputs: [{ shape: [7] }], attrs: { axes: [1] }, error: 'axis' },
  ],
};

/** Repeats `x` so that its axis d lies along `axes[d]` of `shape`; returns `x` itself where nothing repeats. */
export function broadcast(x: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  if (sameShape(x.shape, shape)) return x;
  if (x.op.uniform) return apply(x.op, [], { ...(x.attrs as object), shape });
  return apply(broadcastOp, [x], { shape, axes } satisfies BroadcastAttrs);
}

/** Σ x over `axes` (all by default); with `keepDims` they stay with extent 1. */
export function sum(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const over = reductionAxes(axes, x.rank, 'sum');
  const result = over.length === 0 ? x : apply(sumOp, [x], { axes: over } satisfies SumAttrs);
  return keepDims ? keepAxes(result, x.shape, over) : result;
}

/** The axes to reduce over, sorted and counted from the front. */
export function reductionAxes(
  axes: number | readonly number[] | undefined,
  rank: number,
  where: string,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(axis, rank, where));
  return [...new Set(list)].sort((a, b) => a - b);
}

/** Gives a reduced tensor its reduced axes back, with extent 1. */
export function keepAxes(reduced: Tensor, full: Shape, over: readonly number[]): Tensor {
  const shape = full.map((extent, axis) => (over.includes(axis) ? 1 : extent));
  return broadcast(reduced, shape, complement(over, full.length));
}

/**
 * NumPy's rule: shapes are aligned at their last axes, and an extent of 1 (or none) repeats.
 * Returns the operands as tensors of one shape, with the repeats as explicit nodes.
 */
export function broadcastTogether(where: string, ...operands: Tensor[]): Tensor[] {
  const rank = Math.max(...operands.map((x) => x.rank));
  const shape = new Array<number>(rank).fill(1);
  for (const x of operands) {
    x.shape.forEach((extent, d) => {
      const axis = rank - x.rank + d;
      if (extent === 1 || extent === shape[axis]) return;
      if (shape[axis] !== 1) {
        throw new RangeError(
          `${where}: shapes ${operands.map((y) => formatShape(y.shape)).join(' and ')} do not broadcast: axis ${axis} has ${shape[axis]} and ${extent}. Extents must be equal or 1.`,
        );
      }
      shape[axis] = extent;
    });
  }
  return operands.map((x) => {
    if (sameShape(x.shape, shape)) return x;
    const lying = x.shape.map((extent, d) => ({ extent, d, axis: rank - x.rank + d }));
    const kept = lying.filter(({ extent, axis }) => extent === shape[axis]);
    const dropped = lying.filter(({ extent, axis }) => extent !== shape[axis]).map(({ d }) => d);
    const rest = kept.map(({ extent }) => extent);
    return broadcast(
      // A sum over axes of one place is free inside other kernels, but there is none of truth values.
      x.dtype === 'bool' ? reshape(x, rest) : sum(x, dropped),
      shape,
      kept.map(({ axis }) => axis),
    );
  });
}

/** The axes below `rank` that are not in `axes`. */
export function complement(axes: readonly number[], rank: number): number[] {
  return Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
}

/** The identity map on `rank` axes. */
export function unitIndex(rank: number): Affine[] {
  return Array.from({ length: rank }, (_, axis) => ({
    offset: 0,
    coefficients: Array.from({ length: rank }, (_, other) => (other === axis ? 1 : 0)),
  }));
}

export function checkAxes(name: string, axes: readonly number[], shape: Shape): void {
  const valid = axes.every(
    (axis, i) =>
      Number.isInteger(axis) && axis >= 0 && axis < shape.length && (i === 0 || axis > axes[i - 1]!),
  );
  if (!valid) {
    throw new RangeError(
      `${name}: expected increasing axes of ${formatShape(shape)}; received axis list ${formatShape(axes)}.`,
    );
  }
}

/** Folds `x` over `axes` in row-major order. */
export function reduce(
  x: ArrayLike<number>,
  node: Tensor,
  axes: readonly number[],
  out: { [i: number]: number; fill(value: number): unknown },
  initial: number,
  combine: (accumulated: number, value: number) => number,
): void {
  const { shape } = node.inputs[0]!;
  const strides = stridesOf(shape);
  const kept = complement(axes, shape.length);
  const outStrides = stridesOf(node.shape);
  out.fill(initial);
  for (let i = 0; i < sizeOf(shape); i++) {
    let target = 0;
    kept.forEach((axis, d) => {
      target += (Math.floor(i / strides[axis]!) % shape[axis]!) * outStrides[d]!;
    });
    out[target] = combine(out[target]!, x[i]!);
  }
}
