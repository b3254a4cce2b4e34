import { binary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { BOOL, definePointwise } from './define.ts';
import { operands, type TensorLike } from './operands.ts';

export const logicalOrOp: Op = definePointwise({
  name: 'logicalOr',
  doc: 'Or of two truths.',
  operands: [BOOL, BOOL],
  scalar: (a, b) => a | b,
  body: ([a, b]) => binary('or', a!, b!),
  vjp: () => [undefined, undefined],
  examples: [
    {
      inputs: [
        { shape: [9], dtype: 'bool' },
        { shape: [9], dtype: 'bool' },
      ],
    },
    { inputs: [{ shape: [2] }, { shape: [2] }], error: 'bool' },
  ],
});

/** Or of two bools. Shapes broadcast as in NumPy; a number stands for a tensor of that value. */
export function logicalOr(a: TensorLike, b: TensorLike): Tensor {
  return apply(logicalOrOp, operands('logicalOr', a, b));
}
