import { conv2d, depthwiseConv2d } from '../../functional/convolution.ts';
import type { Padding, Pair } from '../../functional/spatial.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { type BuildScope, type CallContext, checkPositiveInteger } from '../layer.ts';
import { Windowed, type WindowedOptions } from './convolution.ts';
import { type DepthwiseOptions, type PointwiseOptions, WeightRecipe } from './weightRecipe.ts';

export interface SeparableConv2dOptions
  extends WindowedOptions<Pair, Padding>,
    DepthwiseOptions,
    PointwiseOptions {
  /** Number of channels of the result. */
  readonly filters: number;
  /** Kernels for each channel in the first step. Default 1. */
  readonly depthMultiplier?: number | undefined;
}

/**
 * A depthwise convolution, then one of size 1×1 that mixes the channels:
 * y = activation((x ∗ depthwiseKernel) · pointwiseKernel + bias), with KH·KW·C·M + C·M·filters weights and not
 * KH·KW·C·filters.
 *
 * Shapes [H, W, C] → [OH, OW, filters]. Weights: depthwiseKernel [KH, KW, C, M], pointwiseKernel
 * [1, 1, C·M, filters], bias [filters], with M = depthMultiplier.
 *
 * Paper: F. Chollet, Xception: deep learning with depthwise separable convolutions (2017).
 *
 * @throws RangeError on samples that are not [H, W, C], or smaller than the kernel
 * @example
 * layers.separableConv2d({ filters: 64, kernelSize: 3, padding: 'same', inputShape: [32, 32, 16] });
 */
export function separableConv2d(options: SeparableConv2dOptions): SeparableConv2d {
  return new SeparableConv2d(options);
}

export class SeparableConv2d extends Windowed {
  readonly type = 'separableConv2d';
  readonly filters: number;
  readonly depthMultiplier: number;
  readonly #depthwise: WeightRecipe;
  readonly #pointwise: WeightRecipe;
  depthwiseKernel: Variable | undefined;
  pointwiseKernel: Variable | undefined;

  constructor(options: SeparableConv2dOptions) {
    super('separableConv2d', 2, options);
    const { filters, depthMultiplier = 1 } = options;
    const name = options.name ?? 'separableConv2d';
    checkPositiveInteger(filters, `${name}: filters`);
    checkPositiveInteger(depthMultiplier, `${name}: depthMultiplier`);
    this.filters = filters;
    this.depthMultiplier = depthMultiplier;
    this.#depthwise = new WeightRecipe('depthwise', options, name);
    this.#pointwise = new WeightRecipe('pointwise', options, name);
  }

  protected addKernels(inputShape: Shape, _results: readonly number[], scope: BuildScope): number {
    const channels = inputShape.at(-1)!;
    this.depthwiseKernel = this.#depthwise.add(scope, 'depthwiseKernel', [
      ...this.kernelSize,
      channels,
      this.depthMultiplier,
    ]);
    this.pointwiseKernel = this.#pointwise.add(scope, 'pointwiseKernel', [
      1,
      1,
      channels * this.depthMultiplier,
      this.filters,
    ]);
    return this.filters;
  }

  protected transform(x: Tensor, context: CallContext): Tensor {
    const [strides, dilation] = [this.strides as Pair, this.dilationRate as Pair];
    const { padding } = this;
    const each = depthwiseConv2d(x, context.read(this.depthwiseKernel!), { strides, padding, dilation });
    return conv2d(each, context.read(this.pointwiseKernel!));
  }

  protected override options(): Record<string, unknown> {
    return {
      filters: this.filters,
      ...super.options(),
      depthMultiplier: this.depthMultiplier,
      ...this.#depthwise.config(),
      ...this.#pointwise.config(),
    };
  }
}
