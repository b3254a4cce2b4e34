import type { Tensor } from '../../ir/tensor.ts';
import { multiply as combineTwo } from '../../ops/index.ts';
import type { LayerOptions } from '../layer.ts';
import { ElementwiseMerge } from './elementwiseMerge.ts';

/**
 * The product of tensors, element by element: y = x₁ · x₂ · ….
 *
 * Samples of one shape; an axis of extent 1, or one missing in front, repeats. No weights.
 *
 * Paper: Y. Dauphin et al., Language modeling with gated convolutional networks (2017), of gates.
 *
 * @throws RangeError when the shapes do not fit together
 * @example
 * const [a, b] = [input({ shape: [8] }), input({ shape: [8] })];
 * layers.multiply()([a, b]);
 */
export function multiply(options: LayerOptions = {}): Multiply {
  return new Multiply(options);
}

export class Multiply extends ElementwiseMerge {
  readonly type = 'multiply';

  protected combine(xs: readonly Tensor[]): Tensor {
    return xs.reduce((result, x) => combineTwo(result, x));
  }
}
