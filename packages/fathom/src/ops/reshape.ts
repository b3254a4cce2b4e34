import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { checkShape, formatShape, type Shape, sameShape, sizeOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkCount } from './define.ts';

export interface ReshapeAttrs {
  readonly shape: Shape;
}

export const reshapeOp: Op = {
  name: 'reshape',
  doc: 'The same elements in row-major order under another shape.',
  infer(inputs, attrs) {
    checkCount('reshape', inputs, 1);
    const { shape } = attrs as ReshapeAttrs;
    checkShape(shape, 'reshape');
    if (sizeOf(shape) !== sizeOf(inputs[0]!.shape)) {
      throw new RangeError(
        `reshape: ${formatShape(inputs[0]!.shape)} has ${sizeOf(inputs[0]!.shape)} elements; ${formatShape(shape)} needs ${sizeOf(shape)}.`,
      );
    }
    return { shape, dtype: inputs[0]!.dtype };
  },
  lower: { kind: 'alias' },
  reference: ([x], _node, out) => out.set(x!),
  vjp: (node, dy) => [reshape(dy, node.inputs[0]!.shape)],
  examples: [
    { inputs: [{ shape: [2, 6] }], attrs: { shape: [3, 4] } },
    { inputs: [{ shape: [2, 3, 2] }], attrs: { shape: [2, 6] } },
    { inputs: [{ shape: [1] }], attrs: { shape: [] } },
    { inputs: [{ shape: [2, 3] }], attrs: { shape: [4] }, error: 'elements' },
  ],
};

/** `x` under another shape of as many elements; one extent may be −1 and is worked out. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const unknown = shape.indexOf(-1);
  let full = shape;
  if (unknown >= 0) {
    const known = shape.reduce((product, extent, axis) => (axis === unknown ? product : product * extent), 1);
    if (known === 0 || x.size % known !== 0) {
      throw new RangeError(`reshape: ${formatShape(x.shape)} cannot fill ${formatShape(shape)}.`);
    }
    full = shape.map((extent, axis) => (axis === unknown ? x.size / known : extent));
  }
  return sameShape(x.shape, full) ? x : apply(reshapeOp, [x], { shape: full } satisfies ReshapeAttrs);
}
