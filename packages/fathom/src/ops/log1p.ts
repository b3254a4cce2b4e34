import { binary, type Expr, float, select } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add } from './add.ts';
import { definePointwise, FLOAT } from './define.ts';
import { divide } from './divide.ts';
import { logBody } from './log.ts';

/** From here on 1 + x and x have one logarithm in 24 bits. */
const LARGE = 2 ** 25;

/** ln w + (x − (w − 1))/w with w = 1 + x as rounded: what rounding took from x is given back to first order. */
function log1pBody(x: Expr): Expr {
  const w = binary('add', x, float(1));
  const lost = binary('div', binary('sub', x, binary('sub', w, float(1))), w);
  const corrected = binary('add', logBody(w), lost);
  // At −1 and below, and at infinity, the correction would be NaN or infinite.
  const usual = binary('and', binary('lt', float(-1), x), binary('lt', x, float(LARGE)));
  return select(usual, corrected, logBody(w));
}

export const log1pOp: Op = definePointwise({
  name: 'log1p',
  doc: 'ln(1 + x), exact for small x too; −∞ at −1, NaN below.',
  operands: [FLOAT],
  scalar: Math.log1p,
  body: ([x]) => log1pBody(x!),
  /** dx = dy/(1 + x). */
  vjp: (node, dy) => [divide(dy, add(node.inputs[0]!, 1))],
  examples: [
    { inputs: [{ shape: [4, 5], range: [-0.9, 3] }] },
    { inputs: [{ shape: [64], range: [-1e-4, 1e-4] }] },
    {
      inputs: [{ shape: [7], values: [0, 1e-30, -1, -2, 1e20, Infinity, Number.NaN] }],
      differentiable: false,
    },
  ],
});

/** ln(1 + x), element by element, exact for small x too. */
export function log1p(x: Tensor): Tensor {
  return apply(log1pOp, [x]);
}
