import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { formatShape, stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkAxes } from './broadcast.ts';
import { checkCount } from './define.ts';

export interface FlipAttrs {
  readonly axes: readonly number[];
}

export const flipOp: Op = {
  name: 'flip',
  doc: 'Reverses the order along axes: y[i] = x[n − 1 − i].',
  infer(inputs, attrs) {
    checkCount('flip', inputs, 1);
    const { shape, dtype } = inputs[0]!;
    checkAxes('flip', (attrs as FlipAttrs).axes, shape);
    return { shape, dtype };
  },
  lower: {
    kind: 'index',
    map(at, node) {
      const { axes } = node.attrs as FlipAttrs;
      return at.map((affine, d) =>
        axes.includes(d)
          ? {
              offset: node.shape[d]! - 1 - affine.offset,
              coefficients: affine.coefficients.map((c) => -c),
            }
          : affine,
      );
    },
  },
  reference([x], node, out) {
    const { axes } = node.attrs as FlipAttrs;
    const strides = stridesOf(node.shape);
    for (let i = 0; i < out.length; i++) {
      let source = i;
      for (const axis of axes) {
        const at = Math.floor(i / strides[axis]!) % node.shape[axis]!;
        source += (node.shape[axis]! - 1 - 2 * at) * strides[axis]!;
      }
      out[i] = x![source]!;
    }
  },
  vjp: (node, dy) => [flip(dy, (node.attrs as FlipAttrs).axes)],
  examples: [
    { inputs: [{ shape: [7] }], attrs: { axes: [0] } },
    { inputs: [{ shape: [3, 4, 5] }], attrs: { axes: [0, 2] } },
    { inputs: [{ shape: [3] }], attrs: { axes: [1] }, error: 'axes' },
  ],
};

/** `x` with the order along `axes` reversed. */
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  if (axes.some((axis) => axis >= x.rank)) {
    throw new RangeError(`flip: ${formatShape(axes)} are not axes of ${formatShape(x.shape)}.`);
  }
  return axes.length === 0 ? x : apply(flipOp, [x], { axes } satisfies FlipAttrs);
}
