import { maxPool2d } from '../../functional/pooling.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Pooling2d, type Pooling2dOptions } from './pooling2d.ts';

/**
 * The largest value of each window, for each channel; ties go to the first in row-major order.
 *
 * Shapes [H, W, C] → [OH, OW, C] with OH = ⌊(H − p) / s⌋ + 1 (valid) or ⌈H / s⌉ (same). No weights.
 *
 * @throws RangeError on samples that are not [H, W, C], or smaller than the window
 * @example
 * layers.maxPooling2d({ poolSize: 2 });
 */
export function maxPooling2d(options: Pooling2dOptions = {}): MaxPooling2d {
  return new MaxPooling2d(options);
}

export class MaxPooling2d extends Pooling2d {
  readonly type = 'maxPooling2d';

  constructor(options: Pooling2dOptions = {}) {
    super('maxPooling2d', options);
  }

  call(x: Tensor): Tensor {
    return maxPool2d(x, this);
  }
}
