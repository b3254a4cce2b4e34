import { conv2d as convolve } from '../../functional/convolution.ts';
import type { Padding, Pair } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { CallContext } from '../layer.ts';
import { Convolution, type ConvolutionLayerOptions } from './convolution.ts';

export type Conv2dLayerOptions = ConvolutionLayerOptions<Pair, Padding>;

/**
 * Two-dimensional convolution: y = activation(x ∗ kernel + bias), see functional.conv2d for the sum.
 *
 * Shapes [H, W, C] → [OH, OW, filters] with OH = ⌊(H − f) / s⌋ + 1 (valid) or ⌈H / s⌉ (same).
 * Weights: kernel [KH, KW, C / groups, filters], bias [filters].
 *
 * Paper: Y. LeCun et al., Gradient-based learning applied to document recognition (1998).
 *
 * @throws RangeError on samples that are not [H, W, C], or smaller than the kernel
 * @example
 * layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] });
 */
export function conv2d(options: Conv2dLayerOptions): Conv2d {
  return new Conv2d(options);
}

export class Conv2d extends Convolution {
  readonly type = 'conv2d';

  constructor(options: Conv2dLayerOptions) {
    super('conv2d', 2, options);
  }

  protected transform(x: Tensor, context: CallContext): Tensor {
    const { padding, groups } = this;
    const [strides, dilation] = [this.strides as Pair, this.dilationRate as Pair];
    return convolve(x, context.read(this.kernel!), { strides, padding, dilation, groups });
  }
}
