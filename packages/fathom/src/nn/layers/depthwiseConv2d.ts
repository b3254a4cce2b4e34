import { depthwiseConv2d as convolve } from '../../functional/convolution.ts';
import type { Padding, Pair } from '../../functional/spatial.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { type BuildScope, type CallContext, checkPositiveInteger } from '../layer.ts';
import { Windowed, type WindowedOptions } from './convolution.ts';
import { type DepthwiseOptions, WeightRecipe } from './weightRecipe.ts';

export interface DepthwiseConv2dOptions extends WindowedOptions<Pair, Padding>, DepthwiseOptions {
  /** Kernels for each channel. Default 1. */
  readonly depthMultiplier?: number | undefined;
}

/**
 * Convolution of each channel by kernels of its own: y[…, c·M + m] = activation(x[…, c] ∗ kernel[…, c, m] + bias).
 *
 * Shapes [H, W, C] → [OH, OW, C·M] with M = depthMultiplier and OH as in conv2d.
 * Weights: kernel [KH, KW, C, M], bias [C·M].
 *
 * Paper: A. Howard et al., MobileNets: efficient convolutional neural networks for mobile vision applications (2017).
 *
 * @throws RangeError on samples that are not [H, W, C], or smaller than the kernel
 * @example
 * layers.depthwiseConv2d({ kernelSize: 3, padding: 'same', inputShape: [32, 32, 64] });
 */
export function depthwiseConv2d(options: DepthwiseConv2dOptions): DepthwiseConv2d {
  return new DepthwiseConv2d(options);
}

export class DepthwiseConv2d extends Windowed {
  readonly type = 'depthwiseConv2d';
  readonly depthMultiplier: number;
  readonly #kernel: WeightRecipe;
  kernel: Variable | undefined;

  constructor(options: DepthwiseConv2dOptions) {
    super('depthwiseConv2d', 2, options);
    const { depthMultiplier = 1 } = options;
    const name = options.name ?? 'depthwiseConv2d';
    checkPositiveInteger(depthMultiplier, `${name}: depthMultiplier`);
    this.depthMultiplier = depthMultiplier;
    this.#kernel = new WeightRecipe('depthwise', options, name);
  }

  protected addKernels(inputShape: Shape, _results: readonly number[], scope: BuildScope): number {
    const channels = inputShape.at(-1)!;
    const shape = [...this.kernelSize, channels, this.depthMultiplier];
    this.kernel = this.#kernel.add(scope, 'kernel', shape);
    return channels * this.depthMultiplier;
  }

  protected transform(x: Tensor, context: CallContext): Tensor {
    const [strides, dilation] = [this.strides as Pair, this.dilationRate as Pair];
    return convolve(x, context.read(this.kernel!), { strides, padding: this.padding, dilation });
  }

  protected override options(): Record<string, unknown> {
    return {
      ...super.options(),
      depthMultiplier: this.depthMultiplier,
      ...this.#kernel.config(),
    };
  }
}
