import { maxPool2d } from '../../functional/pooling.ts';
import type { Pair } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Pooling, type Pooling2dOptions } from './pooling.ts';

/**
 * The largest value of each window, for each channel; ties go to the first in row-major order.
 *
 * Shapes [H, W, C] → [OH, OW, C] with OH = ⌊(H − p) / s⌋ + 1 (valid) or ⌈H / s⌉ (same). No weights.
 *
 * Paper: M. Ranzato, F. Huang, Y. Boureau, Y. LeCun, Unsupervised learning of invariant feature hierarchies (2007).
 *
 * @throws RangeError on samples that are not [H, W, C], or smaller than the window
 * @example
 * layers.maxPooling2d({ poolSize: 2, inputShape: [8, 8, 3] });
 */
export function maxPooling2d(options: Pooling2dOptions = {}): MaxPooling2d {
  return new MaxPooling2d(options);
}

export class MaxPooling2d extends Pooling {
  readonly type = 'maxPooling2d';

  constructor(options: Pooling2dOptions = {}) {
    super('maxPooling2d', 2, options);
  }

  call(x: Tensor): Tensor {
    return maxPool2d(x, this.windows<Pair>());
  }
}
