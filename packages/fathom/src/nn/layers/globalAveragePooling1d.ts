import { globalAveragePool } from '../../functional/pooling.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { GlobalPooling, type GlobalPoolingOptions } from './globalPooling.ts';

/**
 * The mean of each channel over all its places.
 *
 * Shapes [T, C] → [C], with keepDims [1, C]. No weights.
 *
 * Paper: M. Lin, Q. Chen, S. Yan, Network in network (2013).
 *
 * @throws RangeError on samples that are not [T, C]
 * @example
 * layers.globalAveragePooling1d({ inputShape: [8, 3] });
 */
export function globalAveragePooling1d(options: GlobalPoolingOptions = {}): GlobalAveragePooling1d {
  return new GlobalAveragePooling1d(options);
}

export class GlobalAveragePooling1d extends GlobalPooling {
  readonly type = 'globalAveragePooling1d';

  constructor(options: GlobalPoolingOptions = {}) {
    super(1, options);
  }

  call(x: Tensor): Tensor {
    return globalAveragePool(x, this.keepDims);
  }
}
