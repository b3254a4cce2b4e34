import { type PerAxis, windowsAlong } from '../../functional/spatial.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Variable } from '../../ir/tensor.ts';
import { type BuildScope, checkPositiveInteger } from '../layer.ts';
import { KernelLayer, type KernelLayerOptions } from './kernelLayer.ts';
import { type KernelOptions, WeightRecipe } from './weightRecipe.ts';

export interface LocallyConnectedLayerOptions<Size extends PerAxis = PerAxis>
  extends KernelLayerOptions<Size>,
    KernelOptions {
  /** Number of kernels at each place, and so of channels of the result. */
  readonly filters: number;
}

/** What locallyConnected1d and locallyConnected2d share: kernels and biases of its own for each place. */
export abstract class LocallyConnected extends KernelLayer {
  readonly filters: number;
  readonly #kernel: WeightRecipe;
  kernel: Variable | undefined;

  constructor(type: string, axes: number, options: LocallyConnectedLayerOptions) {
    super(type, axes, options);
    const name = options.name ?? type;
    checkPositiveInteger(options.filters, `${name}: filters`);
    this.filters = options.filters;
    this.#kernel = new WeightRecipe('kernel', options, name);
  }

  protected resultSpace(space: readonly number[]): readonly number[] {
    return space.map(
      (extent, d) => windowsAlong(extent, this.kernelSize[d]!, this.strides[d]!, 'valid').count,
    );
  }

  protected addKernels(inputShape: Shape, results: readonly number[], scope: BuildScope): number {
    const product = (list: readonly number[]) => list.reduce((size, n) => size * n, 1);
    const shape = [product(results), product(this.kernelSize) * inputShape.at(-1)!, this.filters];
    this.kernel = this.#kernel.add(scope, 'kernel', shape);
    return this.filters;
  }

  protected override biasShape(resultShape: Shape): Shape {
    return resultShape;
  }

  protected override options(): Record<string, unknown> {
    return {
      filters: this.filters,
      ...super.options(),
      ...this.#kernel.config(),
    };
  }
}
