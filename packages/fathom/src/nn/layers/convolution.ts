import { type Padding, type PerAxis, type TimePadding, windowsAlong } from '../../functional/spatial.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Variable } from '../../ir/tensor.ts';
import { type BuildScope, checkChoice, checkPositiveInteger, shapeError } from '../layer.ts';
import { extentsAlong, spaceNames } from './extents.ts';
import { KernelLayer, type KernelLayerOptions } from './kernelLayer.ts';
import { type KernelOptions, WeightRecipe } from './weightRecipe.ts';

/** Options of layers whose windows may reach over the border and may be spread. */
export interface WindowedOptions<Size extends PerAxis = PerAxis, Border extends TimePadding = TimePadding>
  extends KernelLayerOptions<Size> {
  /** Default 'valid'. */
  readonly padding?: Border | undefined;
  /** Distance between the places that neighbouring kernel elements see. Default 1. */
  readonly dilationRate?: Size | undefined;
}

export interface ConvolutionLayerOptions<
  Size extends PerAxis = PerAxis,
  Border extends TimePadding = TimePadding,
> extends WindowedOptions<Size, Border>,
    KernelOptions {
  /** Number of kernels, and so of channels of the result. */
  readonly filters: number;
  /** Cuts the channels into groups that see nothing of each other. Default 1. */
  readonly groups?: number | undefined;
}

const PADDINGS: readonly Padding[] = ['valid', 'same'];

/** What convolutions of every kind share: padding, dilation, and the shape of a result. */
export abstract class Windowed<Border extends TimePadding = Padding> extends KernelLayer {
  readonly padding: Border;
  readonly dilationRate: readonly number[];

  constructor(
    type: string,
    axes: number,
    options: WindowedOptions<PerAxis, Border>,
    paddings: readonly string[] = PADDINGS,
  ) {
    super(type, axes, options);
    const name = options.name ?? type;
    const { padding = 'valid' as Border, dilationRate = 1 } = options;
    checkChoice(padding, paddings, `${name}: padding`);
    this.padding = padding;
    this.dilationRate = extentsAlong(dilationRate, axes, `${name}: dilationRate`);
  }

  protected resultSpace(space: readonly number[]): readonly number[] {
    return space.map(
      (extent, d) =>
        windowsAlong(extent, this.kernelSize[d]!, this.strides[d]!, this.padding, this.dilationRate[d]!)
          .count,
    );
  }

  protected override leastSpace(): string {
    const reach = this.kernelSize.map((size, d) => this.dilationRate[d]! * (size - 1) + 1);
    return `at least [${reach.join(',')}] for its kernel`;
  }

  protected override options(): Record<string, unknown> {
    return { ...super.options(), padding: this.padding, dilationRate: [...this.dilationRate] };
  }
}

/** What conv1d, conv2d and conv3d share: kernels over all channels of a group. */
export abstract class Convolution<Border extends TimePadding = Padding> extends Windowed<Border> {
  readonly filters: number;
  readonly groups: number;
  readonly #kernel: WeightRecipe;
  kernel: Variable | undefined;

  constructor(
    type: string,
    axes: number,
    options: ConvolutionLayerOptions<PerAxis, Border>,
    paddings: readonly string[] = PADDINGS,
  ) {
    super(type, axes, options, paddings);
    const name = options.name ?? type;
    const { filters, groups = 1 } = options;
    checkPositiveInteger(filters, `${name}: filters`);
    checkPositiveInteger(groups, `${name}: groups`);
    if (filters % groups !== 0) {
      throw new RangeError(
        `${name}: expected filters to be a multiple of groups = ${groups}; received ${filters}.`,
      );
    }
    this.filters = filters;
    this.groups = groups;
    this.#kernel = new WeightRecipe('kernel', options, name);
  }

  protected addKernels(inputShape: Shape, _results: readonly number[], scope: BuildScope): number {
    const channels = inputShape.at(-1)!;
    if (channels % this.groups !== 0) {
      const expected = [...spaceNames(this.axes), `a multiple of groups = ${this.groups}`].join(', ');
      throw shapeError(this, `[${expected}]`, inputShape, 'Change groups.');
    }
    const shape = [...this.kernelSize, channels / this.groups, this.filters];
    this.kernel = this.#kernel.add(scope, 'kernel', shape);
    return this.filters;
  }

  protected override options(): Record<string, unknown> {
    return {
      filters: this.filters,
      ...super.options(),
      groups: this.groups,
      ...this.#kernel.config(),
    };
  }
}
