import { binary, float, unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { expBody } from './exp.ts';
import { multiply } from './multiply.ts';
import { subtract } from './subtract.ts';

export const sigmoidOp: Op = definePointwise({
  name: 'sigmoid',
  doc: 'Logistic function: y = 1 / (1 + e⁻ˣ).',
  operands: [FLOAT],
  scalar: (x) => 1 / (1 + Math.exp(-x)),
  body: ([x]) => binary('div', float(1), binary('add', float(1), expBody(unary('neg', x!)))),
  /** dx = dy·y·(1 − y): stays finite where the composed rule would give ∞/∞. */
  vjp: (node, dy) => [multiply(dy, multiply(node, subtract(1, node)))],
  examples: [
    { inputs: [{ shape: [4, 5], range: [-3, 3] }] },
    { inputs: [{ shape: [64], range: [-30, 30] }] },
    { inputs: [{ shape: [4], values: [0, -200, 200, Number.NaN] }], differentiable: false },
  ],
});

/** 1 / (1 + e⁻ˣ), element by element. */
export function sigmoid(x: Tensor): Tensor {
  return apply(sigmoidOp, [x]);
}
