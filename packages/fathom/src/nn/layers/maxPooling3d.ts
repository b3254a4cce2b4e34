import { maxPool3d } from '../../functional/pooling.ts';
import type { Triple } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Pooling, type Pooling3dOptions } from './pooling.ts';

/**
 * The largest value of each window, for each channel; ties go to the first in row-major order.
 *
 * Shapes [D, H, W, C] → [OD, OH, OW, C] with OD = ⌊(D − p) / s⌋ + 1 (valid) or ⌈D / s⌉ (same). No weights.
 *
 * Paper: M. Ranzato, F. Huang, Y. Boureau, Y. LeCun, Unsupervised learning of invariant feature hierarchies (2007).
 *
 * @throws RangeError on samples that are not [D, H, W, C], or smaller than the window
 * @example
 * layers.maxPooling3d({ poolSize: 2, inputShape: [8, 8, 8, 1] });
 */
export function maxPooling3d(options: Pooling3dOptions = {}): MaxPooling3d {
  return new MaxPooling3d(options);
}

export class MaxPooling3d extends Pooling {
  readonly type = 'maxPooling3d';

  constructor(options: Pooling3dOptions = {}) {
    super('maxPooling3d', 3, options);
  }

  call(x: Tensor): Tensor {
    return maxPool3d(x, this.windows<Triple>());
  }
}
