import { conv3d as convolve } from '../../functional/convolution.ts';
import type { Padding, Triple } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { CallContext } from '../layer.ts';
import { Convolution, type ConvolutionLayerOptions } from './convolution.ts';

export type Conv3dLayerOptions = ConvolutionLayerOptions<Triple, Padding>;

/**
 * Convolution over volumes or films: y = activation(x ∗ kernel + bias), see functional.conv3d for the sum.
 *
 * Shapes [D, H, W, C] → [OD, OH, OW, filters], each ⌊(n − f) / s⌋ + 1 (valid) or ⌈n / s⌉ (same).
 * Weights: kernel [KD, KH, KW, C / groups, filters], bias [filters].
 *
 * Paper: D. Tran et al., Learning spatiotemporal features with 3D convolutional networks (2015).
 *
 * @throws RangeError on samples that are not [D, H, W, C], or smaller than the kernel
 * @example
 * layers.conv3d({ filters: 8, kernelSize: 3, activation: 'relu', inputShape: [8, 32, 32, 1] });
 */
export function conv3d(options: Conv3dLayerOptions): Conv3d {
  return new Conv3d(options);
}

export class Conv3d extends Convolution {
  readonly type = 'conv3d';

  constructor(options: Conv3dLayerOptions) {
    super('conv3d', 3, options);
  }

  protected transform(x: Tensor, context: CallContext): Tensor {
    const { padding, groups } = this;
    const [strides, dilation] = [this.strides as Triple, this.dilationRate as Triple];
    return convolve(x, context.read(this.kernel!), { strides, padding, dilation, groups });
  }
}
