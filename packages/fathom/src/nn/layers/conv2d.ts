import { conv2d as convolve } from '../../functional/convolution.ts';
import { type Padding, type Pair, pairOf, windowsAlong } from '../../functional/spatial.ts';
import { formatShape, type Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { add } from '../../ops/index.ts';
import { type Activation, type ActivationLike, resolveActivation } from '../activations.ts';
import { type Initializer, type InitializerLike, resolveInitializer } from '../initializers/index.ts';
import {
  type BuildScope,
  type CallContext,
  checkChoice,
  checkPair,
  checkPositiveInteger,
  Layer,
  type LayerOptions,
  savedName,
  shapeError,
} from '../layer.ts';

export interface Conv2dLayerOptions extends LayerOptions {
  /** Number of kernels, and so of channels of the result. */
  readonly filters: number;
  readonly kernelSize: Pair;
  /** Default 1. */
  readonly strides?: Pair | undefined;
  /** Default 'valid'. */
  readonly padding?: Padding | undefined;
  /** Default 1. */
  readonly dilationRate?: Pair | undefined;
  /** Cuts the channels into groups that see nothing of each other. Default 1. */
  readonly groups?: number | undefined;
  /** Default 'linear'. */
  readonly activation?: ActivationLike | undefined;
  /** Default true. */
  readonly useBias?: boolean | undefined;
  /** Default 'glorotUniform'. */
  readonly kernelInitializer?: InitializerLike | undefined;
  /** Default 'zeros'. */
  readonly biasInitializer?: InitializerLike | undefined;
}

/**
 * Two-dimensional convolution: y = activation(x ∗ kernel + bias), see functional.conv2d for the sum.
 *
 * Shapes [H, W, C] → [OH, OW, filters] with OH = ⌊(H − f) / s⌋ + 1 (valid) or ⌈H / s⌉ (same).
 * Weights: kernel [KH, KW, C / groups, filters], bias [filters].
 *
 * @throws RangeError on samples that are not [H, W, C], or smaller than the kernel
 * @example
 * layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] });
 */
export function conv2d(options: Conv2dLayerOptions): Conv2d {
  return new Conv2d(options);
}

export class Conv2d extends Layer {
  readonly type = 'conv2d';
  readonly filters: number;
  readonly kernelSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;
  readonly dilationRate: readonly [number, number];
  readonly groups: number;
  readonly useBias: boolean;
  readonly activation: Activation;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  kernel: Variable | undefined;
  bias: Variable | undefined;

  constructor(options: Conv2dLayerOptions) {
    super(options);
    const { filters, kernelSize, strides = 1, padding = 'valid', dilationRate = 1, groups = 1 } = options;
    checkPositiveInteger(filters, `${this.name}: filters`);
    checkPositiveInteger(groups, `${this.name}: groups`);
    checkPair(kernelSize, `${this.name}: kernelSize`);
    checkPair(strides, `${this.name}: strides`);
    checkPair(dilationRate, `${this.name}: dilationRate`);
    checkChoice(padding, ['valid', 'same'], `${this.name}: padding`);
    if (filters % groups !== 0) {
      throw new RangeError(
        `${this.name}: expected filters to be a multiple of groups = ${groups}; received ${filters}.`,
      );
    }
    this.filters = filters;
    this.kernelSize = pairOf(kernelSize);
    this.strides = pairOf(strides);
    this.padding = padding;
    this.dilationRate = pairOf(dilationRate);
    this.groups = groups;
    this.useBias = options.useBias ?? true;
    this.activation = resolveActivation(options.activation ?? 'linear', this.name);
    this.kernelInitializer = resolveInitializer(
      options.kernelInitializer ?? 'glorotUniform',
      `${this.name}: kernelInitializer`,
    );
    this.biasInitializer = resolveInitializer(
      options.biasInitializer ?? 'zeros',
      `${this.name}: biasInitializer`,
    );
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    if (inputShape.length !== 3) {
      const image = inputShape.length === 2 ? [...inputShape, 1] : ['height', 'width', 'channels'];
      throw shapeError(
        this,
        '[height, width, channels]',
        inputShape,
        `Give the samples that shape, as with reshape({ targetShape: [${image.join(', ')}] }); a flattened image is for dense().`,
      );
    }
    const [height, width, channels] = inputShape as [number, number, number];
    if (channels % this.groups !== 0) {
      throw shapeError(
        this,
        `[height, width, a multiple of groups = ${this.groups}]`,
        inputShape,
        'Change groups.',
      );
    }
    const [kernelH, kernelW] = this.kernelSize;
    const along = (extent: number, axis: 0 | 1) =>
      windowsAlong(extent, this.kernelSize[axis], this.strides[axis], this.padding, this.dilationRate[axis])
        .count;
    const [outH, outW] = [along(height, 0), along(width, 1)];
    if (outH < 1 || outW < 1) {
      throw shapeError(
        this,
        `at least ${formatShape(this.kernelSize.map((size, axis) => this.dilationRate[axis]! * (size - 1) + 1))} for its kernel`,
        inputShape,
        "Use padding: 'same', a smaller kernel, or less pooling before it.",
      );
    }
    this.kernel = scope.addWeight(
      'kernel',
      [kernelH, kernelW, channels / this.groups, this.filters],
      this.kernelInitializer,
    );
    if (this.useBias) this.bias = scope.addWeight('bias', [this.filters], this.biasInitializer);
    return [outH, outW, this.filters];
  }

  call(x: Tensor, context: CallContext): Tensor {
    const { strides, padding, dilationRate: dilation, groups } = this;
    const features = convolve(x, context.read(this.kernel!), { strides, padding, dilation, groups });
    return this.activation.apply(this.bias ? add(features, context.read(this.bias)) : features);
  }

  protected options(): Record<string, unknown> {
    return {
      filters: this.filters,
      kernelSize: [...this.kernelSize],
      strides: [...this.strides],
      padding: this.padding,
      dilationRate: [...this.dilationRate],
      groups: this.groups,
      activation: savedName(this.activation, `${this.name}: activation`),
      useBias: this.useBias,
      kernelInitializer: this.kernelInitializer.name,
      biasInitializer: this.biasInitializer.name,
    };
  }
}
