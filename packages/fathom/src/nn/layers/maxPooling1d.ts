import { maxPool1d } from '../../functional/pooling.ts';
import type { Single } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Pooling, type Pooling1dOptions } from './pooling.ts';

/**
 * The largest value of each window, for each channel; ties go to the first in row-major order.
 *
 * Shapes [T, C] → [OT, C] with OT = ⌊(T − p) / s⌋ + 1 (valid) or ⌈T / s⌉ (same). No weights.
 *
 * Paper: M. Ranzato, F. Huang, Y. Boureau, Y. LeCun, Unsupervised learning of invariant feature hierarchies (2007).
 *
 * @throws RangeError on samples that are not [T, C], or smaller than the window
 * @example
 * layers.maxPooling1d({ poolSize: 2, inputShape: [8, 3] });
 */
export function maxPooling1d(options: Pooling1dOptions = {}): MaxPooling1d {
  return new MaxPooling1d(options);
}

export class MaxPooling1d extends Pooling {
  readonly type = 'maxPooling1d';

  constructor(options: Pooling1dOptions = {}) {
    super('maxPooling1d', 1, options);
  }

  call(x: Tensor): Tensor {
    return maxPool1d(x, this.windows<Single>());
  }
}
