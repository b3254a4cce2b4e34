import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { less, multiply, where } from '../../ops/index.ts';
import type { ConstraintLike } from '../constraints/index.ts';
import type { InitializerLike } from '../initializers/index.ts';
import { type BuildScope, type CallContext, Layer, type LayerOptions } from '../layer.ts';
import type { RegularizerLike } from '../regularizers/index.ts';
import { sampleAxesOf } from './affine.ts';
import { WeightRecipe } from './weightRecipe.ts';

export interface PreluOptions extends LayerOptions {
  /** Axes of a batch along which all places share their slope, as [1, 2] for images. Default none. */
  readonly sharedAxes?: readonly number[] | undefined;
  /** Default 'zeros'. */
  readonly alphaInitializer?: InitializerLike | undefined;
  /** A penalty on the slopes, added to the loss. Default none. */
  readonly alphaRegularizer?: RegularizerLike | null | undefined;
  /** What the slopes are brought to after each update. Default none. */
  readonly alphaConstraint?: ConstraintLike | null | undefined;
}

/**
 * A rectifier that learns its slope below 0: x where x > 0, alpha·x elsewhere.
 *
 * Any shape, which stays. Weights: alpha, of the shape of a sample with 1 along the shared axes.
 *
 * Paper: K. He et al., Delving deep into rectifiers (2015).
 *
 * @example
 * layers.prelu({ sharedAxes: [1, 2] });
 */
export function prelu(options: PreluOptions = {}): Prelu {
  return new Prelu(options);
}

export class Prelu extends Layer {
  readonly type = 'prelu';
  override readonly supportsMasking = true;
  readonly sharedAxes: readonly number[];
  readonly #recipe: WeightRecipe;
  alpha: Variable | undefined;

  constructor(options: PreluOptions = {}) {
    super(options);
    this.sharedAxes = options.sharedAxes ?? [];
    this.#recipe = new WeightRecipe('alpha', options, options.name ?? 'prelu', 'zeros');
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    const shared = this.sharedAxes.length === 0 ? [] : sampleAxesOf(this, this.sharedAxes, inputShape);
    const shape = inputShape.map((extent, axis) => (shared.includes(axis) ? 1 : extent));
    this.alpha = this.#recipe.add(scope, 'alpha', shape);
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    return where(less(0, x), x, multiply(x, context.read(this.alpha!)));
  }

  protected options(): Record<string, unknown> {
    return {
      ...(this.sharedAxes.length > 0 ? { sharedAxes: [...this.sharedAxes] } : {}),
      ...this.#recipe.config(),
    };
  }
}
