import { binary, type Expr, float, fma, int, select, unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { multiply } from './multiply.ts';
import { negative } from './negative.ts';

/** π/2 in three parts, of which n times the first two is exact for |n| below 2¹³ (Cody and Waite). */
const HALF_PI = [1.5703125, 4.837512969970703e-4, 7.549789954891882e-8];
/** Minimax polynomials of sin r / r and cos r on |r| ≤ π/4 in r², highest power first (Moshier, Cephes sinf, cosf). */
const SINE = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1];
const COSINE = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2];

/** sin(x + quarters·π/2), with x = n·π/2 + r: of the four quarters of a turn, one polynomial each and a sign. */
function turnBody(x: Expr, quarters: number): Expr {
  const n = unary('floor', fma(x, float(2 / Math.PI), float(0.5)));
  const r = HALF_PI.reduce((rest: Expr, part) => fma(n, float(-part), rest), x);
  const r2 = binary('mul', r, r);
  const sine = fma(binary('mul', horner(SINE, r2), r2), r, r);
  const cosine = fma(binary('mul', horner(COSINE, r2), r2), r2, fma(r2, float(-0.5), float(1)));
  const quarter = binary('add', unary('toInt', n), int(quarters));
  const isOdd = binary('eq', binary('and', quarter, int(1)), int(1));
  const isLower = binary('eq', binary('and', quarter, int(2)), int(2));
  const y = select(isOdd, cosine, sine);
  return select(isLower, unary('neg', y), y);
}

function horner([first, ...rest]: readonly number[], x: Expr): Expr {
  return rest.reduce((p: Expr, coefficient) => fma(p, x, float(coefficient)), float(first!));
}

export const sinOp: Op = definePointwise({
  name: 'sin',
  doc: 'Sine of an angle in radians; to a few units in the last place for |x| below 10⁴, less exact beyond.',
  operands: [FLOAT],
  scalar: Math.sin,
  body: ([x]) => turnBody(x!, 0),
  /** dx = dy·cos x. */
  vjp: (node, dy) => [multiply(dy, cos(node.inputs[0]!))],
  examples: [
    { inputs: [{ shape: [4, 5], range: [-1, 1] }] },
    { inputs: [{ shape: [64], range: [0.1, 3] }] },
    { inputs: [{ shape: [2], values: [0, Number.NaN] }], differentiable: false },
  ],
});

export const cosOp: Op = definePointwise({
  name: 'cos',
  doc: 'Cosine of an angle in radians; to a few units in the last place for |x| below 10⁴, less exact beyond.',
  operands: [FLOAT],
  scalar: Math.cos,
  body: ([x]) => turnBody(x!, 1),
  /** dx = −dy·sin x. */
  vjp: (node, dy) => [negative(multiply(dy, sin(node.inputs[0]!)))],
  examples: [
    { inputs: [{ shape: [4, 5], range: [-1, 1] }] },
    { inputs: [{ shape: [64], range: [-1.5, 1.5] }] },
    { inputs: [{ shape: [2], values: [0, Number.NaN] }], differentiable: false },
  ],
});

/** sin x, element by element, with x in radians. */
export function sin(x: Tensor): Tensor {
  return apply(sinOp, [x]);
}

/** cos x, element by element, with x in radians. */
export function cos(x: Tensor): Tensor {
  return apply(cosOp, [x]);
}
