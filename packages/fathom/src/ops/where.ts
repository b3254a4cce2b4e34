import { select } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { broadcastTogether } from './broadcast.ts';
import { BOOL, definePointwise, NUMBER } from './define.ts';
import { zeros } from './full.ts';
import { asTensor, type TensorLike } from './operands.ts';

export const whereOp: Op = definePointwise({
  name: 'where',
  doc: 'y = a where the condition holds, b elsewhere.',
  operands: [BOOL, NUMBER, NUMBER],
  scalar: (condition, a, b) => (condition ? a! : b!),
  body: ([condition, a, b]) => select(condition!, a!, b!),
  vjp(node, dy) {
    const condition = node.inputs[0]!;
    const none = zeros(dy.shape);
    return [undefined, where(condition, dy, none), where(condition, none, dy)];
  },
  examples: [
    { inputs: [{ shape: [11], dtype: 'bool' }, { shape: [11] }, { shape: [11] }] },
    { inputs: [{ shape: [2, 3], dtype: 'bool' }, { shape: [2, 3] }, { shape: [2, 3] }] },
    { inputs: [{ shape: [2] }, { shape: [2] }, { shape: [2] }], error: 'bool' },
  ],
});

/** `a` where `condition` holds and `b` elsewhere. Shapes broadcast. */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  const dtype =
    (typeof a === 'number' ? (typeof b === 'number' ? undefined : b.dtype) : a.dtype) ?? 'float32';
  return apply(whereOp, broadcastTogether('where', condition, asTensor(a, dtype), asTensor(b, dtype)));
}
