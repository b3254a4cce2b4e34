import type { Tensor } from '../../ir/tensor.ts';
import { add as combineTwo } from '../../ops/index.ts';
import type { LayerOptions } from '../layer.ts';
import { ElementwiseMerge } from './elementwiseMerge.ts';

/**
 * The sum of tensors, element by element: y = x₁ + x₂ + ….
 *
 * Samples of one shape; an axis of extent 1, or one missing in front, repeats. No weights.
 *
 * Paper: K. He, X. Zhang, S. Ren, J. Sun, Deep residual learning for image recognition (2015), of shortcuts.
 *
 * @throws RangeError when the shapes do not fit together
 * @example
 * const [a, b] = [input({ shape: [8] }), input({ shape: [8] })];
 * layers.add()([a, b]);
 */
export function add(options: LayerOptions = {}): Add {
  return new Add(options);
}

export class Add extends ElementwiseMerge {
  readonly type = 'add';

  protected combine(xs: readonly Tensor[]): Tensor {
    return xs.reduce((result, x) => combineTwo(result, x));
  }
}
