import type { Tensor } from '../../ir/tensor.ts';
import { divide, add as plus } from '../../ops/index.ts';
import type { LayerOptions } from '../layer.ts';
import { ElementwiseMerge } from './elementwiseMerge.ts';

/**
 * The mean of tensors, element by element: y = (x₁ + … + xₙ) / n.
 *
 * Samples of one shape; an axis of extent 1, or one missing in front, repeats. No weights.
 *
 * @throws RangeError when the shapes do not fit together
 * @example
 * const [a, b] = [input({ shape: [8] }), input({ shape: [8] })];
 * layers.average()([a, b]);
 */
export function average(options: LayerOptions = {}): Average {
  return new Average(options);
}

export class Average extends ElementwiseMerge {
  readonly type = 'average';

  protected combine(xs: readonly Tensor[]): Tensor {
    return divide(
      xs.reduce((sum, x) => plus(sum, x)),
      xs.length,
    );
  }
}
