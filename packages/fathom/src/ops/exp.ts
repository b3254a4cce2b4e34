import { binary, type Expr, float, fma, int, unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { multiply } from './multiply.ts';

const LOG2_E = Math.LOG2E;
/** 1.5·2²³: a float32 between 2²³ and 2²⁴ is a whole number, and the last bits of it are that of a number added to this. */
const ROUNDER = 12582912;
/** ln 2 in two parts, so that n·ln 2 can be subtracted without rounding (Cody and Waite). */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444005469057e-4;
/** Minimax polynomial of (eʳ − 1 − r) / r² on |r| ≤ ln 2 / 2, highest power first (Moshier, Cephes expf). */
const POLYNOMIAL = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
];
const LOWEST = -87.33654;
const HIGHEST = 89;

/**
 * x = n·ln 2 + r with n the whole number nearest to x·log₂e: eʳ − 1 in two terms, of which r is the larger, and 2ⁿ⁻¹,
 * since n may be 128, for which float32 has no exponent of its own.
 */
function reduced(x: Expr): { r: Expr; rest: Expr; half: Expr } {
  const clamped = binary('min', binary('max', x, float(LOWEST)), float(HIGHEST));
  const rounded = fma(clamped, float(LOG2_E), float(ROUNDER));
  const n = binary('sub', rounded, float(ROUNDER));
  const r = fma(n, float(-LN2_LOW), fma(n, float(-LN2_HIGH), clamped));
  let p: Expr = float(POLYNOMIAL[0]!);
  for (const coefficient of POLYNOMIAL.slice(1)) p = fma(p, r, float(coefficient));
  // The exponent of float32 begins at bit 23: what the rounder has above the last 9 bits goes out of the word.
  const exponent = binary('shl', binary('add', unary('bits', rounded), int(126)), int(23));
  return { r, rest: binary('mul', p, binary('mul', r, r)), half: unary('fromBits', exponent) };
}

/** eˣ = 2·2ⁿ⁻¹·eʳ. */
export function expBody(x: Expr): Expr {
  const { r, rest, half } = reduced(x);
  const mantissa = binary('add', rest, binary('add', r, float(1)));
  return binary('mul', binary('add', mantissa, mantissa), half);
}

/** (eˣ − 1)/2 = 2ⁿ⁻¹·(eʳ − 1) + (2ⁿ⁻¹ − ½), in which small x lose no digits: n is 0 then. For large x it is e⁸⁹/2. */
export function halfExpm1Body(x: Expr): Expr {
  const { r, rest, half } = reduced(x);
  return fma(half, binary('add', rest, r), binary('sub', half, float(0.5)));
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
