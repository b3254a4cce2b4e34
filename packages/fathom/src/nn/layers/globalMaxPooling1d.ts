import { globalMaxPool } from '../../functional/pooling.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { GlobalPooling, type GlobalPoolingOptions } from './globalPooling.ts';

/**
 * The largest value of each channel, wherever it is; ties share the gradient.
 *
 * Shapes [T, C] → [C], with keepDims [1, C]. No weights.
 *
 * Paper: M. Oquab, L. Bottou, I. Laptev, J. Sivic, Is object localization for free? (2015).
 *
 * @throws RangeError on samples that are not [T, C]
 * @example
 * layers.globalMaxPooling1d({ inputShape: [8, 3] });
 */
export function globalMaxPooling1d(options: GlobalPoolingOptions = {}): GlobalMaxPooling1d {
  return new GlobalMaxPooling1d(options);
}

export class GlobalMaxPooling1d extends GlobalPooling {
  readonly type = 'globalMaxPooling1d';

  constructor(options: GlobalPoolingOptions = {}) {
    super(1, options);
  }

  call(x: Tensor): Tensor {
    return globalMaxPool(x, this.keepDims);
  }
}
