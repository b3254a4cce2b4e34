import { index } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { checkShape, type Shape, sizeOf, stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';

export interface IotaAttrs {
  readonly shape: Shape;
  readonly axis: number;
}

export const iotaOp: Op = {
  name: 'iota',
  doc: 'The position along one axis: result[i₀,…,iₙ] = i_axis, as int32.',
  infer(_inputs, attrs) {
    const { shape, axis } = attrs as IotaAttrs;
    checkShape(shape, 'iota');
    if (axis < 0 || axis >= shape.length) {
      throw new RangeError(`iota: expected an axis below ${shape.length}; received ${axis}.`);
    }
    return { shape, dtype: 'int32' };
  },
  lower: { kind: 'generate', body: (at, node) => index(at[(node.attrs as IotaAttrs).axis]!) },
  reference(_inputs, node, out) {
    const { shape, axis } = node.attrs as IotaAttrs;
    const stride = stridesOf(shape)[axis]!;
    for (let i = 0; i < sizeOf(shape); i++) out[i] = Math.floor(i / stride) % shape[axis]!;
  },
  vjp: () => [],
  examples: [
    { inputs: [], attrs: { shape: [2, 5], axis: 1 } },
    { inputs: [], attrs: { shape: [3, 7, 2], axis: 0 } },
    { inputs: [], attrs: { shape: [3], axis: 1 }, error: 'axis' },
  ],
};

/** The index along `axis` at every place of a tensor of the given shape. */
export function iota(shape: Shape, axis: number): Tensor {
  return apply(iotaOp, [], { shape, axis } satisfies IotaAttrs);
}
