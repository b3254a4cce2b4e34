import type { Tensor } from '../../ir/tensor.ts';
import { subtract as combineTwo } from '../../ops/index.ts';
import type { LayerOptions } from '../layer.ts';
import { ElementwiseMerge } from './elementwiseMerge.ts';

/**
 * The difference of exactly two tensors, element by element: y = x₁ − x₂.
 *
 * Samples of one shape; an axis of extent 1, or one missing in front, repeats. No weights.
 *
 * @throws RangeError when the shapes do not fit together
 * @example
 * const [a, b] = [input({ shape: [8] }), input({ shape: [8] })];
 * layers.subtract()([a, b]);
 */
export function subtract(options: LayerOptions = {}): Subtract {
  return new Subtract(options);
}

export class Subtract extends ElementwiseMerge {
  readonly type = 'subtract';
  protected override readonly most = 2;

  protected combine(xs: readonly Tensor[]): Tensor {
    return xs.reduce((result, x) => combineTwo(result, x));
  }
}
