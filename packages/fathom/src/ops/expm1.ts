import { binary, type Expr, float, fma, select, unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add } from './add.ts';
import { definePointwise, FLOAT } from './define.ts';
import { EXP_POLYNOMIAL, expBody } from './exp.ts';
import { multiply } from './multiply.ts';

/** Below this the polynomial of the exponential holds as it is. */
const SMALL = 0.34;

/** x + x²·P(x) near 0, where eˣ − 1 would lose digits. */
function expm1Body(x: Expr): Expr {
  const [first, ...rest] = EXP_POLYNOMIAL;
  const p = rest.reduce((sum: Expr, coefficient) => fma(sum, x, float(coefficient)), float(first!));
  const near = fma(p, binary('mul', x, x), x);
  const far = binary('sub', expBody(x), float(1));
  return select(binary('lt', float(SMALL), unary('abs', x)), far, near);
}

export const expm1Op: Op = definePointwise({
  name: 'expm1',
  doc: 'eˣ − 1, exact for small x too; −1 far below 0 and ∞ above 88.73.',
  operands: [FLOAT],
  scalar: Math.expm1,
  body: ([x]) => expm1Body(x!),
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
