import type { Affine } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { formatShape, stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkCount } from './define.ts';

export interface TransposeAttrs {
  /** Axis d of the result is axis `axes[d]` of the operand. */
  readonly axes: readonly number[];
}

export const transposeOp: Op = {
  name: 'transpose',
  doc: 'The axes in another order: axis d of the result is axis axes[d] of the operand.',
  infer(inputs, attrs) {
    checkCount('transpose', inputs, 1);
    const { shape, dtype } = inputs[0]!;
    const { axes } = attrs as TransposeAttrs;
    if (axes.length !== shape.length || [...axes].sort((a, b) => a - b).some((axis, d) => axis !== d)) {
      throw new RangeError(
        `transpose: expected each axis of ${formatShape(shape)} once; received ${formatShape(axes)}.`,
      );
    }
    return { shape: axes.map((axis) => shape[axis]!), dtype };
  },
  lower: {
    kind: 'index',
    map(at, node) {
      const source = new Array<Affine>(at.length);
      (node.attrs as TransposeAttrs).axes.forEach((axis, d) => {
        source[axis] = at[d]!;
      });
      return source;
    },
  },
  reference([x], node, out) {
    const { axes } = node.attrs as TransposeAttrs;
    const from = stridesOf(node.inputs[0]!.shape);
    const strides = stridesOf(node.shape);
    for (let i = 0; i < out.length; i++) {
      let source = 0;
      axes.forEach((axis, d) => {
        source += (Math.floor(i / strides[d]!) % node.shape[d]!) * from[axis]!;
      });
      out[i] = x![source]!;
    }
  },
  vjp(node, dy) {
    const inverse: number[] = [];
    (node.attrs as TransposeAttrs).axes.forEach((axis, d) => {
      inverse[axis] = d;
    });
    return [transpose(dy, inverse)];
  },
  examples: [
    { inputs: [{ shape: [3, 5] }], attrs: { axes: [1, 0] } },
    { inputs: [{ shape: [2, 3, 5, 7] }], attrs: { axes: [0, 2, 3, 1] } },
    // Large enough for squares in registers, with and without rests.
    { inputs: [{ shape: [37, 18] }], attrs: { axes: [1, 0] } },
    { inputs: [{ shape: [2, 32, 16] }], attrs: { axes: [0, 2, 1] } },
    { inputs: [{ shape: [16, 21], dtype: 'int32' }], attrs: { axes: [1, 0] } },
    { inputs: [{ shape: [19, 16], dtype: 'bool' }], attrs: { axes: [1, 0] } },
    { inputs: [{ shape: [2, 3] }], attrs: { axes: [0, 0] }, error: 'each axis' },
  ],
};

/** Reorders the axes; without `axes` their order is reversed. */
export function transpose(x: Tensor, axes?: readonly number[]): Tensor {
  const order = axes ?? Array.from({ length: x.rank }, (_, d) => x.rank - 1 - d);
  if (order.length === x.rank && order.every((axis, d) => axis === d)) return x;
  return apply(transposeOp, [x], { axes: order } satisfies TransposeAttrs);
}
