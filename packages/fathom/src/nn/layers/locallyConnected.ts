import { type PerAxis, windowsAlong } from '../../functional/spatial.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Variable } from '../../ir/tensor.ts';
import { type Initializer, type InitializerLike, resolveInitializer } from '../initializers/index.ts';
import { type BuildScope, checkPositiveInteger } from '../layer.ts';
import { KernelLayer, type KernelLayerOptions } from './kernelLayer.ts';

export interface LocallyConnectedLayerOptions<Size extends PerAxis = PerAxis>
  extends KernelLayerOptions<Size> {
  /** Number of kernels at each place, and so of channels of the result. */
  readonly filters: number;
  /** Default 'glorotUniform'. */
  readonly kernelInitializer?: InitializerLike | undefined;
}

/** What locallyConnected1d and locallyConnected2d share: kernels and biases of its own for each place. */
export abstract class LocallyConnected extends KernelLayer {
  readonly filters: number;
  readonly kernelInitializer: Initializer;
  kernel: Variable | undefined;

  constructor(type: string, axes: number, options: LocallyConnectedLayerOptions) {
    super(type, axes, options);
    const name = options.name ?? type;
    checkPositiveInteger(options.filters, `${name}: filters`);
    this.filters = options.filters;
    this.kernelInitializer = resolveInitializer(
      options.kernelInitializer ?? 'glorotUniform',
      `${name}: kernelInitializer`,
    );
  }

  protected resultSpace(space: readonly number[]): readonly number[] {
    return space.map(
      (extent, d) => windowsAlong(extent, this.kernelSize[d]!, this.strides[d]!, 'valid').count,
    );
  }

  protected addKernels(inputShape: Shape, results: readonly number[], scope: BuildScope): number {
    const product = (list: readonly number[]) => list.reduce((size, n) => size * n, 1);
    const shape = [product(results), product(this.kernelSize) * inputShape.at(-1)!, this.filters];
    this.kernel = scope.addWeight('kernel', shape, this.kernelInitializer);
    return this.filters;
  }

  protected override biasShape(resultShape: Shape): Shape {
    return resultShape;
  }

  protected override options(): Record<string, unknown> {
    return {
      filters: this.filters,
      ...super.options(),
      kernelInitializer: this.kernelInitializer.name,
    };
  }
}
