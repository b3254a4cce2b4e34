import { unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, NUMBER } from './define.ts';

export const negativeOp: Op = definePointwise({
  name: 'negative',
  doc: 'Negation: y = −x.',
  operands: [NUMBER],
  scalar: (x) => -x,
  body: ([x]) => unary('neg', x!),
  vjp: (_node, dy) => [negative(dy)],
  linear: true,
  examples: [
    { inputs: [{ shape: [2, 3], range: [-2, 2] }] },
    { inputs: [{ shape: [13], range: [-1, 1] }] },
    { inputs: [{ shape: [3], dtype: 'int32', range: [-9, 9] }] },
  ],
});

/** −x, element by element. */
export function negative(x: Tensor): Tensor {
  return apply(negativeOp, [x]);
}
