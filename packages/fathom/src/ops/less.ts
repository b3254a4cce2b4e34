import { binary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, NUMBER } from './define.ts';
import { operands, type TensorLike } from './operands.ts';

export const lessOp: Op = definePointwise({
  name: 'less',
  doc: 'Truth of a < b, element by element; it has no gradient.',
  operands: [NUMBER, NUMBER],
  result: 'bool',
  scalar: (a, b) => (a < b ? 1 : 0),
  body: ([a, b]) => binary('lt', a!, b!),
  vjp: () => [undefined, undefined],
  examples: [
    { inputs: [{ shape: [33] }, { shape: [33] }], differentiable: false },
    {
      inputs: [
        { shape: [4], values: [0, 1, -1, 2] },
        { shape: [4], values: [0, 1, 0, 0] },
      ],
      differentiable: false,
    },
    {
      inputs: [
        { shape: [6], dtype: 'int32', range: [-3, 3] },
        { shape: [6], dtype: 'int32', range: [-3, 3] },
      ],
    },
  ],
});

/** Truth of a < b as bool. Shapes broadcast as in NumPy; a number stands for a tensor of that value. */
export function less(a: TensorLike, b: TensorLike): Tensor {
  return apply(lessOp, operands('less', a, b));
}
