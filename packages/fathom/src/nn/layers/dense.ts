import { matmul } from '../../functional/matmul.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { add } from '../../ops/index.ts';
import { type Activation, type ActivationLike, resolveActivation } from '../activations.ts';
import {
  type BuildScope,
  type CallContext,
  checkPositiveInteger,
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
import { type BiasOptions, type KernelOptions, WeightRecipe } from './weightRecipe.ts';

export interface DenseOptions extends LayerOptions, KernelOptions, BiasOptions {
  /** Number of neurons. */
  readonly units: number;
  /** Default 'linear'. */
  readonly activation?: ActivationLike | undefined;
  /** Default true. */
  readonly useBias?: boolean | undefined;
  /** A penalty on the result, added to the loss. Default none. */
  readonly activityRegularizer?: RegularizerLike | null | undefined;
}

/**
 * Fully connected layer: y = activation(x·kernel + bias).
 *
 * Shapes [..., N] → [..., units]: the product runs over the last axis alone, as in Keras; to connect all values of an
 * image, put flatten() before it. Weights: kernel [N, units], bias [units].
 *
 * @throws RangeError on samples without an axis
 * @example
 * layers.dense({ units: 10, activation: 'softmax' });
 */
export function dense(options: DenseOptions): Dense {
  return new Dense(options);
}

export class Dense extends Layer {
  readonly type = 'dense';
  override readonly supportsMasking = true;
  readonly units: number;
  readonly useBias: boolean;
  readonly activation: Activation;
  readonly activityRegularizer: Regularizer | undefined;
  readonly #kernel: WeightRecipe;
  readonly #bias: WeightRecipe;
  kernel: Variable | undefined;
  bias: Variable | undefined;

  constructor(options: DenseOptions) {
    super(options);
    checkPositiveInteger(options.units, `${this.name}: units`);
    this.units = options.units;
    this.useBias = options.useBias ?? true;
    this.activation = resolveActivation(options.activation ?? 'linear', this.name);
    this.activityRegularizer = resolveRegularizer(
      options.activityRegularizer,
      `${this.name}: activityRegularizer`,
    );
    this.#kernel = new WeightRecipe('kernel', options, this.name);
    this.#bias = new WeightRecipe('bias', options, this.name, 'zeros');
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    if (inputShape.length === 0) {
      throw shapeError(this, '[..., features]', inputShape, 'Give each sample at least one axis.');
    }
    const features = inputShape[inputShape.length - 1]!;
    this.kernel = this.#kernel.add(scope, 'kernel', [features, this.units]);
    if (this.useBias) this.bias = this.#bias.add(scope, 'bias', [this.units]);
    return [...inputShape.slice(0, -1), this.units];
  }

  call(x: Tensor, context: CallContext): Tensor {
    const product = matmul(x, context.read(this.kernel!));
    const y = this.activation.apply(this.bias ? add(product, context.read(this.bias)) : product);
    penalizeActivity(this.activityRegularizer, y, context);
    return y;
  }

  protected options(): Record<string, unknown> {
    return {
      units: this.units,
      activation: savedName(this.activation, `${this.name}: activation`),
      useBias: this.useBias,
      ...this.#kernel.config(),
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
