import { globalMaxPool } from '../../functional/pooling.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { GlobalPooling, type GlobalPoolingOptions } from './globalPooling.ts';

/**
 * The largest value of each channel, wherever it is; ties share the gradient.
 *
 * Shapes [H, W, C] → [C], with keepDims [1, 1, C]. No weights.
 *
 * Paper: M. Oquab, L. Bottou, I. Laptev, J. Sivic, Is object localization for free? (2015).
 *
 * @throws RangeError on samples that are not [H, W, C]
 * @example
 * layers.globalMaxPooling2d({ inputShape: [8, 8, 3] });
 */
export function globalMaxPooling2d(options: GlobalPoolingOptions = {}): GlobalMaxPooling2d {
  return new GlobalMaxPooling2d(options);
}

export class GlobalMaxPooling2d extends GlobalPooling {
  readonly type = 'globalMaxPooling2d';

  constructor(options: GlobalPoolingOptions = {}) {
    super(2, options);
  }

  call(x: Tensor): Tensor {
    return globalMaxPool(x, this.keepDims);
  }
}
