import { celu, elu, selu } from '../functional/elu.ts';
import { gelu } from '../functional/gelu.ts';
import { hardSigmoid, hardSilu, hardTanh, relu6 } from '../functional/hardSigmoid.ts';
import { leakyRelu } from '../functional/leakyRelu.ts';
import { relu } from '../functional/relu.ts';
import { hardShrink, softShrink, squareplus, tanhShrink } from '../functional/shrink.ts';
import { silu } from '../functional/silu.ts';
import { logSoftmax, softmax } from '../functional/softmax.ts';
import { logSigmoid, mish, softplus } from '../functional/softplus.ts';
import { softsign } from '../functional/softsign.ts';
import { step } from '../functional/step.ts';
import { formatShape, sameShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { exp, sigmoid, tanh } from '../ops/index.ts';
import { lookUp } from './lookup.ts';

/** Names that `activation` accepts. */
export type ActivationName = keyof typeof byName;
/** A name, or a function from a tensor to one of the same shape. */
export type ActivationLike = ActivationName | ((x: Tensor) => Tensor);

/** What a layer keeps of its activation. */
export interface Activation {
  /** `undefined` for a function of the user's, which has no name to save. */
  readonly name: ActivationName | undefined;
  readonly apply: (x: Tensor) => Tensor;
}

/** The activation meant by a name or given as a function. */
export function resolveActivation(activation: ActivationLike, where: string): Activation {
  if (typeof activation === 'string') {
    return { name: activation, apply: lookUp(byName, activation, `${where}: activation`) };
  }
  return {
    name: undefined,
    apply(x) {
      const y = activation(x);
      if (sameShape(x.shape, y.shape)) return y;
      throw new RangeError(
        `${where}: expected an activation that keeps the shape ${formatShape(x.shape)}; received ${formatShape(y.shape)}.`,
      );
    },
  };
}

const byName = {
  linear: (x: Tensor) => x,
  step,
  sigmoid,
  tanh,
  relu,
  leakyRelu: (x: Tensor) => leakyRelu(x),
  relu6,
  elu: (x: Tensor) => elu(x),
  selu,
  celu: (x: Tensor) => celu(x),
  gelu: (x: Tensor) => gelu(x),
  silu,
  swish: silu,
  mish,
  softplus,
  softsign,
  squareplus: (x: Tensor) => squareplus(x),
  exponential: exp,
  hardSigmoid,
  hardSilu,
  hardSwish: hardSilu,
  hardTanh,
  hardShrink: (x: Tensor) => hardShrink(x),
  softShrink: (x: Tensor) => softShrink(x),
  tanhShrink,
  logSigmoid,
  softmax: (x: Tensor) => softmax(x),
  logSoftmax: (x: Tensor) => logSoftmax(x),
};
