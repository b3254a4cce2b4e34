import { averagePool2d } from '../../functional/pooling.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Pooling2d, type Pooling2dOptions } from './pooling2d.ts';

/**
 * The mean of each window, for each channel; with padding 'same', of the places inside the image.
 *
 * Shapes [H, W, C] → [OH, OW, C] with OH = ⌊(H − p) / s⌋ + 1 (valid) or ⌈H / s⌉ (same). No weights.
 *
 * @throws RangeError on samples that are not [H, W, C], or smaller than the window
 * @example
 * layers.averagePooling2d({ poolSize: 2 });
 */
export function averagePooling2d(options: Pooling2dOptions = {}): AveragePooling2d {
  return new AveragePooling2d(options);
}

export class AveragePooling2d extends Pooling2d {
  readonly type = 'averagePooling2d';

  constructor(options: Pooling2dOptions = {}) {
    super('averagePooling2d', options);
  }

  call(x: Tensor): Tensor {
    return averagePool2d(x, this);
  }
}
