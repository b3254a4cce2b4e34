import type { Tensor } from '../../ir/tensor.ts';
import { maximum as combineTwo } from '../../ops/index.ts';
import type { LayerOptions } from '../layer.ts';
import { ElementwiseMerge } from './elementwiseMerge.ts';

/**
 * The largest value of tensors, element by element: y = max(x₁, x₂, …).
 *
 * Samples of one shape; an axis of extent 1, or one missing in front, repeats. No weights.
 *
 * Where values are equal, the gradient is shared as in ops.maximum.
 *
 * Paper: I. Goodfellow et al., Maxout networks (2013).
 *
 * @throws RangeError when the shapes do not fit together
 * @example
 * const [a, b] = [input({ shape: [8] }), input({ shape: [8] })];
 * layers.maximum()([a, b]);
 */
export function maximum(options: LayerOptions = {}): Maximum {
  return new Maximum(options);
}

export class Maximum extends ElementwiseMerge {
  readonly type = 'maximum';

  protected combine(xs: readonly Tensor[]): Tensor {
    return xs.reduce((result, x) => combineTwo(result, x));
  }
}
