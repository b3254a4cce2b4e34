import { binary, type Expr, float } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { halfExpm1Body } from './exp.ts';
import { multiply } from './multiply.ts';
import { subtract } from './subtract.ts';

/** (e²ˣ − 1)/(e²ˣ + 1) with both halved: half of the largest exponential is a number, so the quotient is ±1 far out. */
function tanhBody(x: Expr): Expr {
  const half = halfExpm1Body(binary('add', x, x));
  return binary('div', half, binary('add', half, float(1)));
}

export const tanhOp: Op = definePointwise({
  name: 'tanh',
  doc: 'Hyperbolic tangent.',
  operands: [FLOAT],
  scalar: Math.tanh,
  body: ([x]) => tanhBody(x!),
  /** dx = dy·(1 − y²). */
  vjp: (node, dy) => [multiply(dy, subtract(1, multiply(node, node)))],
  examples: [
    { inputs: [{ shape: [4, 5], range: [-2, 2] }] },
    { inputs: [{ shape: [64], range: [-12, 12] }] },
    { inputs: [{ shape: [5], values: [0, 1e-6, -100, 100, Number.NaN] }], differentiable: false },
  ],
});

/** tanh x, element by element. */
export function tanh(x: Tensor): Tensor {
  return apply(tanhOp, [x]);
}
