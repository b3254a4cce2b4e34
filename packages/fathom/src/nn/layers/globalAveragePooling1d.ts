import { globalAveragePool } from '../../functional/pooling.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { broadcast, cast, divide, multiply, reshape, sum } from '../../ops/index.ts';
import type { CallContext } from '../layer.ts';
import { GlobalPooling, type GlobalPoolingOptions } from './globalPooling.ts';

/**
 * The mean of each channel over all its places; of sequences with a mask, over the steps that count.
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

  call(x: Tensor, context: CallContext): Tensor {
    const mask = context.maskOf(x);
    if (!mask) return globalAveragePool(x, this.keepDims);
    const counts = cast(mask, 'float32');
    const total = sum(multiply(x, broadcast(counts, x.shape, [0, 1])), 1, true);
    const steps = sum(counts, 1);
    const average = divide(total, reshape(steps, [x.shape[0]!, 1, 1]));
    return this.keepDims ? average : reshape(average, [x.shape[0]!, x.shape[2]!]);
  }
}
