import { binary, type Expr, float, int, select, unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { DType } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkCount } from './define.ts';

export interface CastAttrs {
  readonly dtype: DType;
}

const LARGEST_INT = 2147483647;
const SMALLEST_INT = -2147483648;

export const castOp: Op = {
  name: 'cast',
  doc: 'The same values in another type; float32 → int32 truncates towards zero and saturates, → bool tests ≠ 0.',
  infer(inputs, attrs) {
    checkCount('cast', inputs, 1);
    return { shape: inputs[0]!.shape, dtype: (attrs as CastAttrs).dtype };
  },
  lower: {
    kind: 'pointwise',
    body: ([x], node) => castBody(x!, (node.attrs as CastAttrs).dtype),
  },
  reference([x], node, out) {
    const { dtype } = node.attrs as CastAttrs;
    const from = node.inputs[0]!.dtype;
    for (let i = 0; i < out.length; i++) {
      const value = x![i]!;
      if (dtype === 'bool') out[i] = value !== 0 ? 1 : 0;
      else if (dtype === 'int32' && from === 'float32') {
        out[i] = Number.isNaN(value) ? 0 : Math.max(SMALLEST_INT, Math.min(LARGEST_INT, Math.trunc(value)));
      } else out[i] = value;
    }
  },
  vjp: (node, dy) => [node.inputs[0]!.dtype === 'float32' ? cast(dy, 'float32') : undefined],
  examples: [
    { inputs: [{ shape: [9], range: [-5, 5] }], attrs: { dtype: 'int32' }, differentiable: false },
    { inputs: [{ shape: [9], dtype: 'int32', range: [-5, 5] }], attrs: { dtype: 'float32' } },
    { inputs: [{ shape: [9], dtype: 'bool' }], attrs: { dtype: 'float32' } },
    { inputs: [{ shape: [9], dtype: 'int32', range: [-1, 2] }], attrs: { dtype: 'bool' } },
    {
      inputs: [{ shape: [5], values: [3e9, -3e9, Number.NaN, -0.9, 0.9] }],
      attrs: { dtype: 'int32' },
      differentiable: false,
    },
  ],
};

/** `x` in another element type; returns `x` itself where it has that type. */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : apply(castOp, [x], { dtype } satisfies CastAttrs);
}

function castBody(x: Expr, dtype: DType): Expr {
  if (x.dtype === dtype) return x;
  switch (dtype) {
    case 'float32':
      return x.dtype === 'bool' ? select(x, float(1), float(0)) : unary('toFloat', x);
    case 'int32':
      return x.dtype === 'bool' ? select(x, int(1), int(0)) : unary('toInt', x);
    case 'bool':
      return unary('not', binary('eq', x, x.dtype === 'float32' ? float(0) : int(0)));
    default:
      return dtype satisfies never;
  }
}
