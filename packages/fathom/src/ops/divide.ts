import { binary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { multiply } from './multiply.ts';
import { negative } from './negative.ts';
import { operands, type TensorLike } from './operands.ts';

export const divideOp: Op = definePointwise({
  name: 'divide',
  doc: 'Quotient, element by element: y = a / b.',
  operands: [FLOAT, FLOAT],
  scalar: (a, b) => a / b,
  body: ([a, b]) => binary('div', a!, b!),
  /** da = dy / b, db = −dy·y / b. */
  vjp(node, dy) {
    const da = divide(dy, node.inputs[1]!);
    return [da, negative(multiply(da, node))];
  },
  examples: [
    { inputs: [{ shape: [2, 3] }, { shape: [2, 3], range: [0.5, 2] }] },
    { inputs: [{ shape: [9] }, { shape: [9], range: [-2, -0.5] }] },
    {
      inputs: [
        { shape: [3], values: [1, -1, 0] },
        { shape: [3], values: [0, 0, 0] },
      ],
      differentiable: false,
    },
    { inputs: [{ shape: [2] }, { shape: [2], dtype: 'int32' }], error: 'float32' },
  ],
});

/** a / b, element by element. Shapes broadcast as in NumPy; a number stands for a tensor of that value. */
export function divide(a: TensorLike, b: TensorLike): Tensor {
  return apply(divideOp, operands('divide', a, b));
}
