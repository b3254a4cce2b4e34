import { unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { divide } from './divide.ts';
import { multiply } from './multiply.ts';

export const sqrtOp: Op = definePointwise({
  name: 'sqrt',
  doc: 'Square root: y = √x; NaN below 0.',
  operands: [FLOAT],
  scalar: Math.sqrt,
  body: ([x]) => unary('sqrt', x!),
  /** dx = dy / (2y). */
  vjp: (node, dy) => [divide(dy, multiply(node, 2))],
  examples: [
    { inputs: [{ shape: [2, 5], range: [0.1, 4] }] },
    { inputs: [{ shape: [3], values: [0, 1, -1] }], differentiable: false },
  ],
});

/** √x, element by element. */
export function sqrt(x: Tensor): Tensor {
  return apply(sqrtOp, [x]);
}
