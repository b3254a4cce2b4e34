import { binary, type Expr, float, fma, select, unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { expBody } from './exp.ts';
import { multiply } from './multiply.ts';
import { subtract } from './subtract.ts';

/** Minimax polynomial of (tanh x − x) / x³ in x², highest power first (Moshier, Cephes tanhf). */
const POLYNOMIAL = [
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
];
const SMALL = 0.625;

/** x + x³·P(x²) near 0, where 1 − 2/(e²ˣ + 1) would lose digits. */
function tanhBody(x: Expr): Expr {
  const x2 = binary('mul', x, x);
  let p: Expr = float(POLYNOMIAL[0]!);
  for (const coefficient of POLYNOMIAL.slice(1)) p = fma(p, x2, float(coefficient));
  const near = fma(binary('mul', p, x2), x, x);
  const size = unary('abs', x);
  const e = expBody(binary('add', size, size));
  const far = binary('sub', float(1), binary('div', float(2), binary('add', e, float(1))));
  const signed = select(binary('lt', x, float(0)), unary('neg', far), far);
  return select(binary('lt', size, float(SMALL)), near, signed);
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
