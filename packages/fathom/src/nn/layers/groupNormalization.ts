import { groupNorm, NORM_EPSILON } from '../../functional/layerNorm.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { checkPositive } from '../checkNumber.ts';
import { type BuildScope, type CallContext, Layer, type LayerOptions, shapeError } from '../layer.ts';
import type { AffineOptions } from './affine.ts';
import { WeightRecipe } from './weightRecipe.ts';

export interface GroupNormalizationOptions extends LayerOptions, AffineOptions {
  /** Groups of neighbouring channels; −1 gives each channel its own. Default 32. */
  readonly groups?: number | undefined;
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number | undefined;
}

/**
 * Brings each group of channels of each sample to mean 0 and variance 1 over all its places, then scales and shifts
 * each channel: y = gamma·(x − mean)/√(variance + epsilon) + beta. The size of the batch does not matter to it.
 *
 * Shapes [..., C], which stay. Weights gamma [C] and beta [C].
 *
 * Paper: Y. Wu, K. He, Group normalization (2018).
 *
 * @throws RangeError on groups that do not divide the channels, or an epsilon that is not positive
 * @example
 * layers.groupNormalization({ groups: 8 });
 */
export function groupNormalization(options: GroupNormalizationOptions = {}): GroupNormalization {
  return new GroupNormalization(options);
}

export class GroupNormalization extends Layer {
  readonly type = 'groupNormalization';
  override readonly supportsMasking = true;
  readonly groups: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly #gamma: WeightRecipe;
  readonly #beta: WeightRecipe;
  gamma: Variable | undefined;
  beta: Variable | undefined;

  constructor(options: GroupNormalizationOptions = {}) {
    super(options);
    const name = options.name ?? 'groupNormalization';
    this.groups = options.groups ?? DEFAULT_GROUPS;
    this.epsilon = options.epsilon ?? NORM_EPSILON;
    this.center = options.center ?? true;
    this.scale = options.scale ?? true;
    if (this.groups !== -1 && !(Number.isSafeInteger(this.groups) && this.groups >= 1)) {
      throw new RangeError(
        `${name}: groups: expected a positive integer, or -1 for one group a channel; received ${this.groups}.`,
      );
    }
    checkPositive(this.epsilon, `${name}: epsilon`);
    this.#gamma = new WeightRecipe('gamma', options, name, 'ones');
    this.#beta = new WeightRecipe('beta', options, name, 'zeros');
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    const channels = inputShape[inputShape.length - 1];
    if (channels === undefined || (this.groups > 0 && channels % this.groups !== 0)) {
      throw shapeError(
        this,
        `[..., channels] with channels a multiple of groups = ${this.groups}`,
        inputShape,
        'Choose groups that divide the channels.',
      );
    }
    if (this.scale) this.gamma = this.#gamma.add(scope, 'gamma', [channels]);
    if (this.center) this.beta = this.#beta.add(scope, 'beta', [channels]);
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    return groupNorm(x, {
      groups: this.groups,
      gamma: this.gamma && context.read(this.gamma),
      beta: this.beta && context.read(this.beta),
      epsilon: this.epsilon,
    });
  }

  protected options(): Record<string, unknown> {
    const { groups, epsilon, center, scale } = this;
    return { groups, epsilon, center, scale, ...this.#gamma.config(), ...this.#beta.config() };
  }
}

const DEFAULT_GROUPS = 32;
