import { layerNorm, NORM_EPSILON } from '../../functional/layerNorm.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { checkPositive } from '../checkNumber.ts';
import { type BuildScope, type CallContext, Layer, type LayerOptions } from '../layer.ts';
import { type AffineOptions, sampleAxesOf } from './affine.ts';
import { WeightRecipe } from './weightRecipe.ts';

export interface LayerNormalizationOptions extends LayerOptions, AffineOptions {
  /** Axis or axes of a batch to normalize over, so that 1 is the first one of a sample. Default -1. */
  readonly axis?: number | readonly number[] | undefined;
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number | undefined;
}

/**
 * Brings each sample, or each step of it, to mean 0 and variance 1 along its last axis, then scales and shifts it:
 * y = gamma·(x − mean)/√(variance + epsilon) + beta. It does the same while training and afterwards.
 *
 * Any shape, which stays. Weights gamma and beta, of the shape of the axes.
 *
 * Paper: J. Ba, J. Kiros, G. Hinton, Layer normalization (2016).
 *
 * @throws RangeError on an epsilon that is not positive, or an axis that samples do not have
 * @example
 * layers.layerNormalization({ epsilon: 1e-6 });
 */
export function layerNormalization(options: LayerNormalizationOptions = {}): LayerNormalization {
  return new LayerNormalization(options);
}

export class LayerNormalization extends Layer {
  readonly type = 'layerNormalization';
  override readonly supportsMasking = true;
  readonly axis: number | readonly number[];
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly #gamma: WeightRecipe;
  readonly #beta: WeightRecipe;
  #axes: readonly number[] = [];
  gamma: Variable | undefined;
  beta: Variable | undefined;

  constructor(options: LayerNormalizationOptions = {}) {
    super(options);
    const name = options.name ?? 'layerNormalization';
    this.axis = options.axis ?? -1;
    this.epsilon = options.epsilon ?? NORM_EPSILON;
    this.center = options.center ?? true;
    this.scale = options.scale ?? true;
    checkPositive(this.epsilon, `${name}: epsilon`);
    this.#gamma = new WeightRecipe('gamma', options, name, 'ones');
    this.#beta = new WeightRecipe('beta', options, name, 'zeros');
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    const axes = sampleAxesOf(this, this.axis, inputShape);
    this.#axes = axes.map((axis) => axis + 1);
    const shape = axes.map((axis) => inputShape[axis]!);
    if (this.scale) this.gamma = this.#gamma.add(scope, 'gamma', shape);
    if (this.center) this.beta = this.#beta.add(scope, 'beta', shape);
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    return layerNorm(x, {
      axes: this.#axes,
      gamma: this.gamma && context.read(this.gamma),
      beta: this.beta && context.read(this.beta),
      epsilon: this.epsilon,
    });
  }

  protected options(): Record<string, unknown> {
    const { axis, epsilon, center, scale } = this;
    return { axis, epsilon, center, scale, ...this.#gamma.config(), ...this.#beta.config() };
  }
}
