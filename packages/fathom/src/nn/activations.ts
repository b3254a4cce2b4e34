import { leakyRelu } from '../functional/leakyRelu.ts';
import { relu } from '../functional/relu.ts';
import { softmax } from '../functional/softmax.ts';
import { step } from '../functional/step.ts';
import { formatShape, sameShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sigmoid, tanh } from '../ops/index.ts';
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
  softmax: (x: Tensor) => softmax(x),
};
