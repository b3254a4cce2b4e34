import { binary, type Expr, float, select, unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';

/** ⌊x⌋ or ⌊x⌋ + 1, whichever is nearer; of two as near, the even one. */
function roundBody(x: Expr): Expr {
  const low = unary('floor', x);
  const rest = binary('sub', x, low);
  const half = binary('mul', low, float(0.5));
  const isOdd = binary('lt', unary('floor', half), half);
  const high = binary('add', low, float(1));
  const tie = select(isOdd, high, low);
  return select(binary('eq', rest, float(0.5)), tie, select(binary('lt', float(0.5), rest), high, low));
}

function roundScalar(x: number): number {
  const low = Math.floor(x);
  if (x - low === 0.5) return low % 2 === 0 ? low : low + 1;
  return x - low > 0.5 ? low + 1 : low;
}

export const roundOp: Op = definePointwise({
  name: 'round',
  doc: 'The nearest integer, halves to the even one; its gradient is zero.',
  operands: [FLOAT],
  scalar: roundScalar,
  body: ([x]) => roundBody(x!),
  vjp: () => [undefined],
  examples: [
    { inputs: [{ shape: [21], range: [-5, 5] }], differentiable: false },
    {
      inputs: [{ shape: [8], values: [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 16777215, Number.NaN] }],
      differentiable: false,
    },
  ],
});

/** The nearest integer, element by element, with halves to the even one; its gradient is zero. */
export function round(x: Tensor): Tensor {
  return apply(roundOp, [x]);
}
