import { binary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add } from './add.ts';
import { definePointwise, FLOAT } from './define.ts';
import { halfExpm1Body } from './exp.ts';
import { multiply } from './multiply.ts';

export const expm1Op: Op = definePointwise({
  name: 'expm1',
  doc: 'eˣ − 1, exact for small x too; −1 far below 0 and ∞ above 88.73.',
  operands: [FLOAT],
  scalar: Math.expm1,
  body: ([x]) => {
    const half = halfExpm1Body(x!);
    return binary('add', half, half);
  },
  /** dx = dy·(y + 1). */
  vjp: (node, dy) => [multiply(dy, add(node, 1))],
  examples: [
    { inputs: [{ shape: [4, 5], range: [-3, 3] }] },
    { inputs: [{ shape: [64], range: [-1e-3, 1e-3] }] },
    {
      inputs: [{ shape: [6], values: [0, 1e-30, -200, 200, -Infinity, Number.NaN] }],
      differentiable: false,
    },
  ],
});

/** eˣ − 1, element by element, exact for small x too. */
export function expm1(x: Tensor): Tensor {
  return apply(expm1Op, [x]);
}
