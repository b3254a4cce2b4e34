import type { PerAxis } from '../../functional/spatial.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { add } from '../../ops/index.ts';
import { type Activation, type ActivationLike, resolveActivation } from '../activations.ts';
import {
  type BuildScope,
  type CallContext,
  Layer,
  type LayerOptions,
  savedName,
  shapeError,
} from '../layer.ts';
import {
  penalizeActivity,
  type Regularizer,
  type RegularizerLike,
  resolveRegularizer,
  savedRegularizer,
} from '../regularizers/index.ts';
import { extentsAlong, sampleAxes, spaceNames } from './extents.ts';
import { type BiasOptions, WeightRecipe } from './weightRecipe.ts';

export interface KernelLayerOptions<Size extends PerAxis = PerAxis> extends LayerOptions, BiasOptions {
  /** Places that a kernel sees along each axis. */
  readonly kernelSize: Size;
  /** Places from one window to the next. Default 1. */
  readonly strides?: Size | undefined;
  /** Default 'linear'. */
  readonly activation?: ActivationLike | undefined;
  /** Default true. */
  readonly useBias?: boolean | undefined;
  /** A penalty on the result, added to the loss. Default none. */
  readonly activityRegularizer?: RegularizerLike | null | undefined;
}

/** What layers share whose kernels look at windows of space: samples [...space, channels], bias and activation. */
export abstract class KernelLayer extends Layer {
  /** Number of axes of space. */
  readonly axes: number;
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly useBias: boolean;
  readonly activation: Activation;
  readonly activityRegularizer: Regularizer | undefined;
  readonly #bias: WeightRecipe;
  bias: Variable | undefined;

  constructor(type: string, axes: number, options: KernelLayerOptions) {
    super(options);
    const name = options.name ?? type;
    this.axes = axes;
    this.kernelSize = extentsAlong(options.kernelSize, axes, `${name}: kernelSize`);
    this.strides = extentsAlong(options.strides ?? 1, axes, `${name}: strides`);
    this.useBias = options.useBias ?? true;
    this.activation = resolveActivation(options.activation ?? 'linear', name);
    this.activityRegularizer = resolveRegularizer(
      options.activityRegularizer,
      `${name}: activityRegularizer`,
    );
    this.#bias = new WeightRecipe('bias', options, name, 'zeros');
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    if (inputShape.length !== this.axes + 1) {
      const target =
        inputShape.length === this.axes ? [...inputShape, 1] : [...spaceNames(this.axes), 'channels'];
      throw shapeError(
        this,
        sampleAxes(this.axes),
        inputShape,
        `Give the samples that shape, as with reshape({ targetShape: [${target.join(', ')}] }); a flattened one is for dense().`,
      );
    }
    const space = inputShape.slice(0, -1);
    const results = this.resultSpace(space);
    if (results.some((extent) => extent < 1)) {
      throw shapeError(
        this,
        this.leastSpace(),
        inputShape,
        'Pad them, use a smaller kernel, or less pooling before it.',
      );
    }
    const shape = [...results, this.addKernels(inputShape, results, scope)];
    if (this.useBias) this.bias = this.#bias.add(scope, 'bias', this.biasShape(shape));
    return shape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    const features = this.transform(x, context);
    const y = this.activation.apply(this.bias ? add(features, context.read(this.bias)) : features);
    penalizeActivity(this.activityRegularizer, y, context);
    return y;
  }

  /** The extents of a result along each axis of space; below 1 where not even one window fits. */
  protected abstract resultSpace(space: readonly number[]): readonly number[];

  /** Asks for the kernels and returns the number of channels of a result. */
  protected abstract addKernels(inputShape: Shape, results: readonly number[], scope: BuildScope): number;

  /** The result without bias and activation. */
  protected abstract transform(x: Tensor, context: CallContext): Tensor;

  /** One bias for each channel, the same at all places. */
  protected biasShape(resultShape: Shape): Shape {
    return resultShape.slice(-1);
  }

  /** The smallest samples, as messages print them. */
  protected leastSpace(): string {
    return `at least [${this.kernelSize.join(',')}] for its kernel`;
  }

  protected options(): Record<string, unknown> {
    return {
      kernelSize: [...this.kernelSize],
      strides: [...this.strides],
      activation: savedName(this.activation, `${this.name}: activation`),
      useBias: this.useBias,
      ...this.#bias.config(),
      ...(this.activityRegularizer
        ? {
            activityRegularizer: savedRegularizer(
              this.activityRegularizer,
              `${this.name}: activityRegularizer`,
            ),
          }
        : {}),
    };
  }
}
