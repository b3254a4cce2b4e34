import type { Padding, Pair } from '../../functional/spatial.ts';
import { conv2dTranspose as convolve, reachAlong } from '../../functional/transposedConvolution.ts';
import { formatShape, type Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { type BuildScope, type CallContext, checkPositiveInteger } from '../layer.ts';
import { Windowed, type WindowedOptions } from './convolution.ts';
import { extentsAlong } from './extents.ts';
import { type KernelOptions, WeightRecipe } from './weightRecipe.ts';

export interface Conv2dTransposeOptions extends WindowedOptions<Pair, Padding>, KernelOptions {
  /** Number of channels of the result. */
  readonly filters: number;
  /** Places added at the end of each axis, less than the stride; by default as many as the shapes below need. */
  readonly outputPadding?: Pair | undefined;
}

/**
 * Transposed convolution, which enlarges: every place of a sample adds its kernels to the result, strides apart.
 * See functional.conv2dTranspose for the sum.
 *
 * Shapes [H, W, C] → [OH, OW, filters] with OH = H·s (same) or (H − 1)·s + max(f, s) (valid); outputPadding o gives
 * (H − 1)·s + f mod 2 + o (same) or (H − 1)·s + f + o (valid), as in Keras.
 * Weights: kernel [KH, KW, filters, C], bias [filters].
 *
 * Paper: M. Zeiler, D. Krishnan, G. Taylor, R. Fergus, Deconvolutional networks (2010).
 *
 * @throws RangeError on samples that are not [H, W, C], or an outputPadding that is not below the stride
 * @example
 * layers.conv2dTranspose({ filters: 8, kernelSize: 4, strides: 2, padding: 'same', inputShape: [7, 7, 16] });
 */
export function conv2dTranspose(options: Conv2dTransposeOptions): Conv2dTranspose {
  return new Conv2dTranspose(options);
}

export class Conv2dTranspose extends Windowed {
  readonly type = 'conv2dTranspose';
  readonly filters: number;
  readonly outputPadding: readonly number[] | undefined;
  readonly #kernel: WeightRecipe;
  kernel: Variable | undefined;

  constructor(options: Conv2dTransposeOptions) {
    super('conv2dTranspose', 2, options);
    const { filters, outputPadding } = options;
    const name = options.name ?? 'conv2dTranspose';
    checkPositiveInteger(filters, `${name}: filters`);
    this.filters = filters;
    this.outputPadding =
      outputPadding === undefined ? undefined : extentsAlong(outputPadding, 2, `${name}: outputPadding`, 0);
    if (this.outputPadding?.some((extra, d) => extra >= this.strides[d]!)) {
      throw new RangeError(
        `${name}: expected outputPadding below the strides ${formatShape(this.strides)}; received ${formatShape(this.outputPadding)}.`,
      );
    }
    this.#kernel = new WeightRecipe('kernel', options, name);
  }

  protected override resultSpace(space: readonly number[]): readonly number[] {
    const { kernelSize, strides, padding, dilationRate, outputPadding } = this;
    return space.map(
      (extent, d) =>
        reachAlong(extent, kernelSize[d]!, strides[d]!, padding, dilationRate[d]!, outputPadding?.[d]).count,
    );
  }

  protected addKernels(inputShape: Shape, _results: readonly number[], scope: BuildScope): number {
    const shape = [...this.kernelSize, this.filters, inputShape.at(-1)!];
    this.kernel = this.#kernel.add(scope, 'kernel', shape);
    return this.filters;
  }

  protected transform(x: Tensor, context: CallContext): Tensor {
    return convolve(x, context.read(this.kernel!), {
      strides: this.strides as Pair,
      padding: this.padding,
      outputPadding: this.outputPadding as Pair | undefined,
      dilation: this.dilationRate as Pair,
    });
  }

  protected override options(): Record<string, unknown> {
    return {
      filters: this.filters,
      ...super.options(),
      ...(this.outputPadding ? { outputPadding: [...this.outputPadding] } : {}),
      ...this.#kernel.config(),
    };
  }
}
