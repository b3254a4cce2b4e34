import { locallyConnected2d as connect } from '../../functional/locallyConnected.ts';
import type { Pair } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { CallContext } from '../layer.ts';
import { LocallyConnected, type LocallyConnectedLayerOptions } from './locallyConnected.ts';

export type LocallyConnected2dOptions = LocallyConnectedLayerOptions<Pair>;

/**
 * A convolution whose every place has kernels and biases of its own: detectors are local, but what one learns the
 * others do not know. See functional.locallyConnected2d for the sum.
 *
 * Shapes [H, W, C] → [OH, OW, filters] with OH = ⌊(H − KH) / s⌋ + 1.
 * Weights, as in Keras 2: kernel [OH·OW, KH·KW·C, filters], bias [OH, OW, filters].
 *
 * Paper: Y. LeCun, Generalization and network design strategies (1989).
 *
 * @throws RangeError on samples that are not [H, W, C], or smaller than the kernel
 * @example
 * layers.locallyConnected2d({ filters: 4, kernelSize: 5, strides: 4, inputShape: [101, 101, 1] });
 */
export function locallyConnected2d(options: LocallyConnected2dOptions): LocallyConnected2d {
  return new LocallyConnected2d(options);
}

export class LocallyConnected2d extends LocallyConnected {
  readonly type = 'locallyConnected2d';

  constructor(options: LocallyConnected2dOptions) {
    super('locallyConnected2d', 2, options);
  }

  protected transform(x: Tensor, context: CallContext): Tensor {
    const [kernelSize, strides] = [this.kernelSize as Pair, this.strides as Pair];
    return connect(x, context.read(this.kernel!), { kernelSize, strides });
  }
}
