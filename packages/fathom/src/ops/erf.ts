import { binary, type Expr, float, fma, select, unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';
import { exp, expBody } from './exp.ts';
import { multiply } from './multiply.ts';
import { negative } from './negative.ts';

/**
 * Minimax polynomials of N. Juffa, highest power first: of erf(x)/x − 1 in x² near 0, and of ln(1 − erf x)/x + 1 in x
 * beyond. Together they are right to about one unit in the last place.
 */
const NEAR = [-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1];
const FAR = [
  -1.7285347e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1, -6.34846687e-1, -1.28717512e-1,
];
const NEAR_END = 0.927734375;
const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** x + x·P(x²) near 0; ±(1 − e^(|x|·Q(|x|) − |x|)) beyond. */
function erfBody(x: Expr): Expr {
  const size = unary('abs', x);
  const near = fma(horner(NEAR, binary('mul', x, x)), x, x);
  const power = fma(horner(FAR, size), size, unary('neg', size));
  const far = binary('sub', float(1), expBody(power));
  const signed = select(binary('lt', x, float(0)), unary('neg', far), far);
  return select(binary('lt', float(NEAR_END), size), signed, near);
}

function horner([first, ...rest]: readonly number[], x: Expr): Expr {
  return rest.reduce((p: Expr, coefficient) => fma(p, x, float(coefficient)), float(first!));
}

/** Beyond this the result is ±1 in 64 bits. */
const LARGEST = 6;

/** erf x = 2/√π·e^(−x²)·Σ 2ⁿ·x^(2n+1)/(2n+1)!!, whose terms have one sign: right to the last digits of 64 bits. */
function erfScalar(x: number): number {
  if (Math.abs(x) >= LARGEST) return Math.sign(x);
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > (Math.abs(total) * Number.EPSILON) / 4; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * total;
}

export const erfOp: Op = definePointwise({
  name: 'erf',
  doc: 'Error function: erf x = 2/√π·∫₀ˣ e^(−t²) dt.',
  operands: [FLOAT],
  scalar: erfScalar,
  body: ([x]) => erfBody(x!),
  /** dx = dy·2/√π·e^(−x²). */
  vjp(node, dy) {
    const x = node.inputs[0]!;
    return [multiply(dy, multiply(exp(negative(multiply(x, x))), TWO_OVER_SQRT_PI))];
  },
  examples: [
    { inputs: [{ shape: [4, 5], range: [-1, 1] }] },
    { inputs: [{ shape: [64], range: [-3, 3] }] },
    {
      inputs: [{ shape: [7], values: [0, 1e-6, 5.5, -100, Infinity, -Infinity, Number.NaN] }],
      differentiable: false,
    },
  ],
});

/** The error function, element by element; Φ(x) = (1 + erf(x/√2))/2 is the normal distribution. */
export function erf(x: Tensor): Tensor {
  return apply(erfOp, [x]);
}
