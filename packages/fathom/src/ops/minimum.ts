import { binary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, NUMBER } from './define.ts';
import { zeros } from './full.ts';
import { less } from './less.ts';
import { operands, type TensorLike } from './operands.ts';
import { where } from './where.ts';

/**
 * At a tie the second operand takes the gradient, so that relu(x) = maximum(x, 0) has relu′(0) = 0.
 * The test is made on the result, so the first operand need not be kept for the backward pass.
 */
export const minimumOp: Op = definePointwise({
  name: 'minimum',
  doc: 'The smaller of a and b; NaN where a is NaN. Ties give their gradient to b.',
  operands: [NUMBER, NUMBER],
  // Math.max and Math.min treat NaN and −0 in another way.
  scalar: (a, b) => (b < a ? b : a),
  body: ([a, b]) => binary('min', a!, b!),
  /** da = dy·[a < b], db = dy·[not a < b]. */
  vjp(node, dy) {
    const [, b] = node.inputs;
    const first = less(node, b!);
    const none = zeros(dy.shape);
    return [where(first, dy, none), where(first, none, dy)];
  },
  monotone: true,
  examples: [
    { inputs: [{ shape: [4, 5] }, { shape: [4, 5] }] },
    {
      inputs: [
        { shape: [4], values: [0, 1, -1, 2] },
        { shape: [4], values: [0, 1, 0, 0] },
      ],
      differentiable: false,
    },
    {
      inputs: [
        { shape: [6], dtype: 'int32', range: [-9, 9] },
        { shape: [6], dtype: 'int32', range: [-9, 9] },
      ],
    },
    {
      inputs: [
        { shape: [1], values: [Number.NaN] },
        { shape: [1], values: [0] },
      ],
      differentiable: false,
    },
  ],
});

/** The smaller of a and b, element by element. Shapes broadcast; NaN in `a` is passed on. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return apply(minimumOp, operands('minimum', a, b));
}
