import { float, int } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { checkShape, type DType, type Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';

export interface FullAttrs {
  readonly shape: Shape;
  readonly value: number;
  readonly dtype: DType;
}

export const fullOp: Op = {
  name: 'full',
  doc: 'Every element is `value`.',
  infer(_inputs, attrs) {
    const { shape, dtype } = attrs as FullAttrs;
    checkShape(shape, 'full');
    return { shape, dtype };
  },
  lower: {
    kind: 'generate',
    body(_index, node) {
      const { value, dtype } = node.attrs as FullAttrs;
      if (dtype === 'float32') return float(value);
      return dtype === 'bool' ? { ...int(value), dtype: 'bool' } : int(value);
    },
  },
  reference: (_inputs, node, out) => {
    out.fill((node.attrs as FullAttrs).value);
  },
  vjp: () => [],
  uniform: true,
  examples: [
    { inputs: [], attrs: { shape: [2, 3], value: 0.5, dtype: 'float32' } },
    { inputs: [], attrs: { shape: [], value: -7, dtype: 'int32' } },
    { inputs: [], attrs: { shape: [-1], value: 0, dtype: 'float32' }, error: 'non-negative' },
  ],
};

/** A tensor whose elements all are `value`. */
export function full(shape: Shape, value: number, dtype: DType = 'float32'): Tensor {
  return apply(fullOp, [], { shape, value, dtype } satisfies FullAttrs);
}

export const zeros = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 0, dtype);
export const ones = (shape: Shape, dtype: DType = 'float32'): Tensor => full(shape, 1, dtype);
