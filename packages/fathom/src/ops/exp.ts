import { binary, type Expr, float, fma, int, unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { multiply } from './multiply.ts';

const LOG2_E = Math.LOG2E;
/** ln 2 in two parts, so that n·ln 2 can be subtracted without rounding (Cody and Waite). */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444005469057e-4;
/** Minimax polynomial of (eʳ − 1 − r) / r² on |r| ≤ ln 2 / 2, highest power first (Moshier, Cephes expf). */
export const EXP_POLYNOMIAL = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
];
const LOWEST = -87.33654;
const HIGHEST = 89;

/** eˣ = 2ⁿ·eʳ with n = ⌊x·log₂e + ½⌋ and r = x − n·ln 2. */
export function expBody(x: Expr): Expr {
  const clamped = binary('min', binary('max', x, float(LOWEST)), float(HIGHEST));
  const n = unary('floor', fma(clamped, float(LOG2_E), float(0.5)));
  const r = fma(n, float(-LN2_LOW), fma(n, float(-LN2_HIGH), clamped));
  let p: Expr = float(EXP_POLYNOMIAL[0]!);
  for (const coefficient of EXP_POLYNOMIAL.slice(1)) p = fma(p, r, float(coefficient));
  const mantissa = fma(p, binary('mul', r, r), binary('add', r, float(1)));
  // 2ⁿ is made as 2·2ⁿ⁻¹, since n may be 128, which has no exponent of its own.
  const power = unary('fromBits', binary('shl', binary('add', unary('toInt', n), int(126)), int(23)));
  return binary('mul', binary('add', mantissa, mantissa), power);
}

export const expOp: Op = definePointwise({
  name: 'exp',
  doc: 'Exponential: y = eˣ; 0 below about −87 and ∞ above 88.73.',
  operands: [FLOAT],
  scalar: Math.exp,
  body: ([x]) => expBody(x!),
  /** dx = dy·y. */
  vjp: (node, dy) => [multiply(dy, node)],
  examples: [
    { inputs: [{ shape: [4, 5], range: [-3, 3] }] },
    { inputs: [{ shape: [64], range: [-60, 60] }] },
    { inputs: [{ shape: [5], values: [0, -200, 200, -Infinity, Number.NaN] }], differentiable: false },
  ],
});

/** eˣ, element by element. */
export function exp(x: Tensor): Tensor {
  return apply(expOp, [x]);
}
