import { locallyConnected1d as connect } from '../../functional/locallyConnected.ts';
import type { Single } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { CallContext } from '../layer.ts';
import { LocallyConnected, type LocallyConnectedLayerOptions } from './locallyConnected.ts';

export type LocallyConnected1dOptions = LocallyConnectedLayerOptions<Single>;

/**
 * A convolution along time whose every place has kernels and biases of its own; see locallyConnected2d.
 *
 * Shapes [T, C] → [OT, filters] with OT = ⌊(T − KT) / s⌋ + 1.
 * Weights, as in Keras 2: kernel [OT, KT·C, filters], bias [OT, filters].
 *
 * @throws RangeError on samples that are not [T, C], or shorter than the kernel
 * @example
 * layers.locallyConnected1d({ filters: 4, kernelSize: 3, inputShape: [10, 2] });
 */
export function locallyConnected1d(options: LocallyConnected1dOptions): LocallyConnected1d {
  return new LocallyConnected1d(options);
}

export class LocallyConnected1d extends LocallyConnected {
  readonly type = 'locallyConnected1d';

  constructor(options: LocallyConnected1dOptions) {
    super('locallyConnected1d', 1, options);
  }

  protected transform(x: Tensor, context: CallContext): Tensor {
    const [kernelSize, strides] = [this.kernelSize as Single, this.strides as Single];
    return connect(x, context.read(this.kernel!), { kernelSize, strides });
  }
}
