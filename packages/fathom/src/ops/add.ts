import { binary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, NUMBER } from './define.ts';
import { operands, type TensorLike } from './operands.ts';

export const addOp: Op = definePointwise({
  name: 'add',
  doc: 'Sum, element by element: y = a + b.',
  operands: [NUMBER, NUMBER],
  scalar: (a, b) => a + b,
  body: ([a, b]) => binary('add', a!, b!),
  vjp: (_node, dy) => [dy, dy],
  linear: true,
  examples: [
    { inputs: [{ shape: [2, 3] }, { shape: [2, 3] }] },
    { inputs: [{ shape: [37] }, { shape: [37] }] },
    { inputs: [{ shape: [] }, { shape: [] }] },
    {
      inputs: [
        { shape: [5], dtype: 'int32', range: [-50, 50] },
        { shape: [5], dtype: 'int32', range: [1, 50] },
      ],
    },
    { inputs: [{ shape: [2] }, { shape: [3] }], error: 'one shape' },
    { inputs: [{ shape: [2] }, { shape: [2], dtype: 'int32' }], error: 'one type' },
  ],
});

/** a + b, element by element. Shapes broadcast as in NumPy; a number stands for a tensor of that value. */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return apply(addOp, operands('add', a, b));
}
