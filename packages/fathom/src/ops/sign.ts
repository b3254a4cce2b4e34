import { binary, float, select } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { definePointwise, FLOAT } from './define.ts';

export const signOp: Op = definePointwise({
  name: 'sign',
  doc: 'The sign of x: −1, 0 or 1 (NaN of NaN); its gradient is zero.',
  operands: [FLOAT],
  scalar: Math.sign,
  body: ([x]) =>
    select(binary('lt', float(0), x!), float(1), select(binary('lt', x!, float(0)), float(-1), x!)),
  vjp: () => [undefined],
  examples: [
    { inputs: [{ shape: [21], range: [-5, 5] }], differentiable: false },
    { inputs: [{ shape: [4], values: [0, 1e-30, -Infinity, Number.NaN] }], differentiable: false },
  ],
});

/** −1, 0 or 1, element by element; its gradient is zero. */
export function sign(x: Tensor): Tensor {
  return apply(signOp, [x]);
}
