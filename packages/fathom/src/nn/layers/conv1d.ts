import { conv1d as convolve } from '../../functional/convolution.ts';
import type { Single, TimePadding } from '../../functional/spatial.ts';
import type { Tensor } from '../../ir/tensor.ts';
import type { CallContext } from '../layer.ts';
import { Convolution, type ConvolutionLayerOptions } from './convolution.ts';

export type Conv1dLayerOptions = ConvolutionLayerOptions<Single, TimePadding>;

/**
 * Convolution along time: y = activation(x ∗ kernel + bias), see functional.conv1d for the sum.
 *
 * Shapes [T, C] → [OT, filters] with OT = ⌊(T − f) / s⌋ + 1 (valid) or ⌈T / s⌉ (same, causal); with padding 'causal'
 * no result sees what comes after it. Weights: kernel [KT, C / groups, filters], bias [filters].
 *
 * Paper: A. van den Oord et al., WaveNet: a generative model for raw audio (2016).
 *
 * @throws RangeError on samples that are not [T, C], or shorter than the kernel
 * @example
 * layers.conv1d({ filters: 16, kernelSize: 5, padding: 'causal', dilationRate: 2, inputShape: [100, 4] });
 */
export function conv1d(options: Conv1dLayerOptions): Conv1d {
  return new Conv1d(options);
}

export class Conv1d extends Convolution<TimePadding> {
  readonly type = 'conv1d';

  constructor(options: Conv1dLayerOptions) {
    super('conv1d', 1, options, ['valid', 'same', 'causal']);
  }

  protected transform(x: Tensor, context: CallContext): Tensor {
    const { padding, groups } = this;
    const [strides, dilation] = [this.strides as Single, this.dilationRate as Single];
    return convolve(x, context.read(this.kernel!), { strides, padding, dilation, groups });
  }
}
