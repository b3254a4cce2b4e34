import { unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { zeros } from './full.ts';
import { less } from './less.ts';
import { negative } from './negative.ts';
import { where } from './where.ts';

export const absoluteOp: Op = definePointwise({
  name: 'absolute',
  doc: 'Absolute value: y = |x|; the gradient at 0 is 0.',
  operands: [FLOAT],
  scalar: Math.abs,
  body: ([x]) => unary('abs', x!),
  /** dx = dy·sign(x). */
  vjp: ({ inputs: [x] }, dy) => [where(less(0, x!), dy, where(less(x!, 0), negative(dy), zeros(dy.shape)))],
  examples: [
    { inputs: [{ shape: [5, 3], range: [0.1, 2] }] },
    { inputs: [{ shape: [5], range: [-2, -0.1] }] },
    { inputs: [{ shape: [2], values: [0, -0] }], differentiable: false },
  ],
});

/** |x|, element by element; the gradient at 0 is 0. */
export function absolute(x: Tensor): Tensor {
  return apply(absoluteOp, [x]);
}
