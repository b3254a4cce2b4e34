import { binary, type Expr, float, fma, int, select, unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { divide } from './divide.ts';

const SQRT_HALF = Math.SQRT1_2;
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444005469057e-4;
const SMALLEST_NORMAL = 1.1754943508222875e-38;
const TWO_TO_23 = 8388608;
/** Minimax polynomial of (ln(1+m) − m + m²/2) / m³, highest power first (Moshier, Cephes logf). */
const POLYNOMIAL = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
];

/** ln x = e·ln 2 + ln(1+m) with x = 2ᵉ·(1+m) and 1+m in [√½, √2). */
export function logBody(x: Expr): Expr {
  const tiny = binary('lt', x, float(SMALLEST_NORMAL));
  const scaled = select(tiny, binary('mul', x, float(TWO_TO_23)), x);
  const bits = unary('bits', scaled);
  const fraction = unary('fromBits', binary('or', binary('and', bits, int(0x007fffff)), int(0x3f000000)));
  const exponent = binary(
    'sub',
    binary('sub', unary('toFloat', binary('shr', bits, int(23))), float(126)),
    select(tiny, float(23), float(0)),
  );
  const low = binary('lt', fraction, float(SQRT_HALF));
  const e = select(low, binary('sub', exponent, float(1)), exponent);
  const m = binary('sub', select(low, binary('add', fraction, fraction), fraction), float(1));
  const m2 = binary('mul', m, m);
  let p: Expr = float(POLYNOMIAL[0]!);
  for (const coefficient of POLYNOMIAL.slice(1)) p = fma(p, m, float(coefficient));
  const tail = fma(e, float(LN2_LOW), binary('mul', binary('mul', p, m), m2));
  const result = fma(e, float(LN2_HIGH), binary('add', m, fma(m2, float(-0.5), tail)));
  const infinite = select(binary('lt', x, float(Infinity)), result, x);
  const zero = select(binary('eq', x, float(0)), float(-Infinity), infinite);
  return select(binary('lt', x, float(0)), float(Number.NaN), zero);
}

export const logOp: Op = definePointwise({
  name: 'log',
  doc: 'Natural logarithm: y = ln x; −∞ at 0, NaN below.',
  operands: [FLOAT],
  scalar: Math.log,
  body: ([x]) => logBody(x!),
  /** dx = dy / x. */
  vjp: ({ inputs: [x] }, dy) => [divide(dy, x!)],
  examples: [
    { inputs: [{ shape: [4, 5], range: [0.1, 3] }] },
    { inputs: [{ shape: [64], range: [1e-6, 1e6] }] },
    { inputs: [{ shape: [6], values: [0, 1, -1, Infinity, 1e-40, Number.NaN] }], differentiable: false },
  ],
});

/** ln x, element by element. */
export function log(x: Tensor): Tensor {
  return apply(logOp, [x]);
}
