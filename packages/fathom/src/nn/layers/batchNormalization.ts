import { batchNorm } from '../../functional/batchNorm.ts';
import { moments } from '../../functional/mean.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { add, cast, divide, multiply, reshape, subtract, sum } from '../../ops/index.ts';
import type { ConstraintLike } from '../constraints/index.ts';
import {
  type Initializer,
  type InitializerLike,
  resolveInitializer,
  savedInitializer,
} from '../initializers/index.ts';
import { type BuildScope, type CallContext, Layer, type LayerOptions, shapeError } from '../layer.ts';
import type { RegularizerLike } from '../regularizers/index.ts';
import { WeightRecipe } from './weightRecipe.ts';

export interface BatchNormalizationOptions extends LayerOptions {
  /** How much of the running statistics stays at each step, in [0, 1]. Default 0.99. */
  readonly momentum?: number | undefined;
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number | undefined;
  /** Adds beta. Default true. */
  readonly center?: boolean | undefined;
  /** Multiplies by gamma. Default true. */
  readonly scale?: boolean | undefined;
  /** Default 'ones'. */
  readonly gammaInitializer?: InitializerLike | undefined;
  /** A penalty on gamma, added to the loss. Default none. */
  readonly gammaRegularizer?: RegularizerLike | null | undefined;
  /** What gamma is brought to after each update. Default none. */
  readonly gammaConstraint?: ConstraintLike | null | undefined;
  /** Default 'zeros'. */
  readonly betaInitializer?: InitializerLike | undefined;
  /** A penalty on beta, added to the loss. Default none. */
  readonly betaRegularizer?: RegularizerLike | null | undefined;
  /** What beta is brought to after each update. Default none. */
  readonly betaConstraint?: ConstraintLike | null | undefined;
  /** Default 'zeros'. */
  readonly movingMeanInitializer?: InitializerLike | undefined;
  /** Default 'ones'. */
  readonly movingVarianceInitializer?: InitializerLike | undefined;
}

/**
 * Brings each channel (last axis) to mean 0 and variance 1, then scales and shifts it:
 * y = gamma · (x − mean) / √(variance + epsilon) + beta.
 *
 * While training, mean and variance (over n, not n − 1) are those of the batch, and the running ones follow:
 * moving ← momentum · moving + (1 − momentum) · batch. Otherwise the running ones are used, and always where the
 * layer is not trainable. Weights [C]: gamma, beta, and, not trainable, movingMean, movingVariance.
 *
 * Paper: S. Ioffe, C. Szegedy, Batch normalization: accelerating deep network training (2015).
 *
 * @throws RangeError on a momentum outside [0, 1], an epsilon that is not positive, or samples without axes
 * @example
 * layers.batchNormalization({ momentum: 0.9 });
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): BatchNormalization {
  return new BatchNormalization(options);
}

export class BatchNormalization extends Layer {
  readonly type = 'batchNormalization';
  override readonly supportsMasking = true;
  readonly momentum: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean;
  readonly movingMeanInitializer: Initializer;
  readonly movingVarianceInitializer: Initializer;
  readonly #gamma: WeightRecipe;
  readonly #beta: WeightRecipe;
  gamma: Variable | undefined;
  beta: Variable | undefined;
  movingMean: Variable | undefined;
  movingVariance: Variable | undefined;

  constructor(options: BatchNormalizationOptions = {}) {
    super(options);
    this.momentum = options.momentum ?? 0.99;
    this.epsilon = options.epsilon ?? 1e-3;
    this.center = options.center ?? true;
    this.scale = options.scale ?? true;
    this.#gamma = new WeightRecipe('gamma', options, this.name, 'ones');
    this.#beta = new WeightRecipe('beta', options, this.name, 'zeros');
    this.movingMeanInitializer = resolveInitializer(
      options.movingMeanInitializer ?? 'zeros',
      `${this.name}: movingMeanInitializer`,
    );
    this.movingVarianceInitializer = resolveInitializer(
      options.movingVarianceInitializer ?? 'ones',
      `${this.name}: movingVarianceInitializer`,
    );
    if (!(this.momentum >= 0 && this.momentum <= 1)) {
      throw new RangeError(`${this.name}: expected momentum in [0, 1]; received ${this.momentum}.`);
    }
    if (!(this.epsilon > 0 && Number.isFinite(this.epsilon))) {
      throw new RangeError(`${this.name}: expected a positive epsilon; received ${this.epsilon}.`);
    }
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    if (inputShape.length === 0) {
      throw shapeError(this, '[..., channels]', inputShape, 'Give each sample at least one axis.');
    }
    const channels = [inputShape[inputShape.length - 1]!];
    if (this.scale) this.gamma = this.#gamma.add(scope, 'gamma', channels);
    if (this.center) this.beta = this.#beta.add(scope, 'beta', channels);
    const still = { trainable: false };
    this.movingMean = scope.addWeight('movingMean', channels, this.movingMeanInitializer, still);
    this.movingVariance = scope.addWeight('movingVariance', channels, this.movingVarianceInitializer, still);
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    const statistics =
      context.training && context.trains(this) ? this.#ofBatch(x, context) : this.#running(context);
    return batchNorm(x, {
      ...statistics,
      gamma: this.gamma && context.read(this.gamma),
      beta: this.beta && context.read(this.beta),
      epsilon: this.epsilon,
    });
  }

  #ofBatch(x: Tensor, context: CallContext): { mean: Tensor; variance: Tensor } {
    const axes = x.shape.slice(0, -1).map((_, axis) => axis);
    const mask = context.maskOf(x);
    const statistics = mask ? maskedMoments(x, mask, axes) : moments(x, axes);
    const follow = (variable: Variable, batch: Tensor) => {
      const moving = context.read(variable);
      context.update(variable, add(moving, multiply(subtract(batch, moving), 1 - this.momentum)));
    };
    follow(this.movingMean!, statistics.mean);
    follow(this.movingVariance!, statistics.variance);
    return statistics;
  }

  #running(context: CallContext): { mean: Tensor; variance: Tensor } {
    return { mean: context.read(this.movingMean!), variance: context.read(this.movingVariance!) };
  }

  protected options(): Record<string, unknown> {
    const { momentum, epsilon, center, scale } = this;
    return {
      momentum,
      epsilon,
      center,
      scale,
      ...this.#gamma.config(),
      ...this.#beta.config(),
      movingMeanInitializer: savedInitializer(
        this.movingMeanInitializer,
        `${this.name}: movingMeanInitializer`,
      ),
      movingVarianceInitializer: savedInitializer(
        this.movingVarianceInitializer,
        `${this.name}: movingVarianceInitializer`,
      ),
    };
  }
}

/** Mean and variance of the steps that count; like Keras, with an epsilon against none that do. */
function maskedMoments(x: Tensor, mask: Tensor, axes: readonly number[]): { mean: Tensor; variance: Tensor } {
  const ones = x.shape.slice(mask.rank).map(() => 1);
  const counts = reshape(cast(mask, 'float32'), [...mask.shape, ...ones]);
  const others = x.size / (mask.size * x.shape[x.rank - 1]!);
  const total = add(multiply(sum(counts), others), MASK_EPSILON);
  const mean = divide(sum(multiply(x, counts), axes), total);
  const deviation = subtract(x, mean);
  return { mean, variance: divide(sum(multiply(multiply(deviation, deviation), counts), axes), total) };
}

const MASK_EPSILON = 1e-7;
