import { averagePool2d } from '../../functional/pooling.ts';
import type { Pair } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Pooling, type Pooling2dOptions } from './pooling.ts';

/**
 * The mean of each window, for each channel; with padding 'same', of the places inside the sample.
 *
 * Shapes [H, W, C] → [OH, OW, C] with OH = ⌊(H − p) / s⌋ + 1 (valid) or ⌈H / s⌉ (same). No weights.
 *
 * Paper: Y. LeCun et al., Gradient-based learning applied to document recognition (1998).
 *
 * @throws RangeError on samples that are not [H, W, C], or smaller than the window
 * @example
 * layers.averagePooling2d({ poolSize: 2, inputShape: [8, 8, 3] });
 */
export function averagePooling2d(options: Pooling2dOptions = {}): AveragePooling2d {
  return new AveragePooling2d(options);
}

export class AveragePooling2d extends Pooling {
  readonly type = 'averagePooling2d';

  constructor(options: Pooling2dOptions = {}) {
    super('averagePooling2d', 2, options);
  }

  call(x: Tensor): Tensor {
    return averagePool2d(x, this.windows<Pair>());
  }
}
