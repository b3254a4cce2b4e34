import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkCount } from './define.ts';

export const stopGradientOp: Op = {
  name: 'stopGradient',
  doc: 'The operand itself, taken as a constant by differentiation.',
  infer(inputs) {
    checkCount('stopGradient', inputs, 1);
    return { shape: inputs[0]!.shape, dtype: inputs[0]!.dtype };
  },
  lower: { kind: 'pointwise', body: ([x]) => x! },
  reference: ([x], _node, out) => out.set(x!),
  vjp: () => [undefined],
  examples: [{ inputs: [{ shape: [2, 3] }], differentiable: false }],
};

/** `x`, through which no gradient flows. */
export function stopGradient(x: Tensor): Tensor {
  return apply(stopGradientOp, [x]);
}
