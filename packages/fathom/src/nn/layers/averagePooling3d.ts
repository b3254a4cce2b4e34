import { averagePool3d } from '../../functional/pooling.ts';
import type { Triple } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Pooling, type Pooling3dOptions } from './pooling.ts';

/**
 * The mean of each window, for each channel; with padding 'same', of the places inside the sample.
 *
 * Shapes [D, H, W, C] → [OD, OH, OW, C] with OD = ⌊(D − p) / s⌋ + 1 (valid) or ⌈D / s⌉ (same). No weights.
 *
 * Paper: Y. LeCun et al., Gradient-based learning applied to document recognition (1998).
 *
 * @throws RangeError on samples that are not [D, H, W, C], or smaller than the window
 * @example
 * layers.averagePooling3d({ poolSize: 2, inputShape: [8, 8, 8, 1] });
 */
export function averagePooling3d(options: Pooling3dOptions = {}): AveragePooling3d {
  return new AveragePooling3d(options);
}

export class AveragePooling3d extends Pooling {
  readonly type = 'averagePooling3d';

  constructor(options: Pooling3dOptions = {}) {
    super('averagePooling3d', 3, options);
  }

  call(x: Tensor): Tensor {
    return averagePool3d(x, this.windows<Triple>());
  }
}
