import { unary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { BOOL, definePointwise } from './define.ts';

export const logicalNotOp: Op = definePointwise({
  name: 'logicalNot',
  doc: 'Negation of a truth.',
  operands: [BOOL],
  scalar: (x) => 1 - x,
  body: ([x]) => unary('not', x!),
  vjp: () => [undefined],
  examples: [{ inputs: [{ shape: [9], dtype: 'bool' }] }],
});

/** Not x, for bools. */
export function logicalNot(x: Tensor): Tensor {
  return apply(logicalNotOp, [x]);
}
