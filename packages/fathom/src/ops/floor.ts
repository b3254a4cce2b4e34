import { unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';

export const floorOp: Op = definePointwise({
  name: 'floor',
  doc: 'The largest integer ≤ x; its gradient is zero.',
  operands: [FLOAT],
  scalar: Math.floor,
  body: ([x]) => unary('floor', x!),
  vjp: () => [undefined],
  examples: [
    { inputs: [{ shape: [21], range: [-5, 5] }], differentiable: false },
    { inputs: [{ shape: [3], values: [-1, 0, 2] }], differentiable: false },
  ],
});

/** ⌊x⌋, element by element; its gradient is zero. */
export function floor(x: Tensor): Tensor {
  return apply(floorOp, [x]);
}
