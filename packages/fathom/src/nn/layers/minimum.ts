import type { Tensor } from '../../ir/tensor.ts';
import { minimum as combineTwo } from '../../ops/index.ts';
import type { LayerOptions } from '../layer.ts';
import { ElementwiseMerge } from './elementwiseMerge.ts';

/**
 * The smallest value of tensors, element by element: y = min(x₁, x₂, …).
 *
 * Samples of one shape; an axis of extent 1, or one missing in front, repeats. No weights.
 *
 * Where values are equal, the gradient is shared as in ops.minimum.
 *
 * @throws RangeError when the shapes do not fit together
 * @example
 * const [a, b] = [input({ shape: [8] }), input({ shape: [8] })];
 * layers.minimum()([a, b]);
 */
export function minimum(options: LayerOptions = {}): Minimum {
  return new Minimum(options);
}

export class Minimum extends ElementwiseMerge {
  readonly type = 'minimum';

  protected combine(xs: readonly Tensor[]): Tensor {
    return xs.reduce((result, x) => combineTwo(result, x));
  }
}
