import { globalAveragePool } from '../../functional/pooling.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { GlobalPooling, type GlobalPoolingOptions } from './globalPooling.ts';

/**
 * The mean of each channel over all its places.
 *
 * Shapes [H, W, C] → [C], with keepDims [1, 1, C]. No weights.
 *
 * Paper: M. Lin, Q. Chen, S. Yan, Network in network (2013).
 *
 * @throws RangeError on samples that are not [H, W, C]
 * @example
 * layers.globalAveragePooling2d({ inputShape: [8, 8, 3] });
 */
export function globalAveragePooling2d(options: GlobalPoolingOptions = {}): GlobalAveragePooling2d {
  return new GlobalAveragePooling2d(options);
}

export class GlobalAveragePooling2d extends GlobalPooling {
  readonly type = 'globalAveragePooling2d';

  constructor(options: GlobalPoolingOptions = {}) {
    super(2, options);
  }

  call(x: Tensor): Tensor {
    return globalAveragePool(x, this.keepDims);
  }
}
