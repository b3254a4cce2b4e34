import { averagePool1d } from '../../functional/pooling.ts';
import type { Single } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Pooling, type Pooling1dOptions } from './pooling.ts';

/**
 * The mean of each window, for each channel; with padding 'same', of the places inside the sample.
 *
 * Shapes [T, C] → [OT, C] with OT = ⌊(T − p) / s⌋ + 1 (valid) or ⌈T / s⌉ (same). No weights.
 *
 * Paper: Y. LeCun et al., Gradient-based learning applied to document recognition (1998).
 *
 * @throws RangeError on samples that are not [T, C], or smaller than the window
 * @example
 * layers.averagePooling1d({ poolSize: 2, inputShape: [8, 3] });
 */
export function averagePooling1d(options: Pooling1dOptions = {}): AveragePooling1d {
  return new AveragePooling1d(options);
}

export class AveragePooling1d extends Pooling {
  readonly type = 'averagePooling1d';

  constructor(options: Pooling1dOptions = {}) {
    super('averagePooling1d', 1, options);
  }

  call(x: Tensor): Tensor {
    return averagePool1d(x, this.windows<Single>());
  }
}
