import { matmul } from '../../functional/matmul.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { add } from '../../ops/index.ts';
import { type Activation, type ActivationLike, resolveActivation } from '../activations.ts';
import { type Initializer, type InitializerLike, resolveInitializer } from '../initializers/index.ts';
import {
  type BuildScope,
  type CallContext,
  checkPositiveInteger,
  Layer,
  type LayerOptions,
  savedName,
  shapeError,
} from '../layer.ts';

export interface DenseOptions extends LayerOptions {
  /** Number of neurons. */
  readonly units: number;
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
 * Fully connected layer: y = activation(x·kernel + bias).
 *
 * Shapes [N] → [units]; [T, N] → [T, units], the same for each T. Weights: kernel [N, units], bias [units].
 *
 * @throws RangeError on samples of three axes or more: flatten them first
 * @example
 * layers.dense({ units: 10, activation: 'softmax' });
 */
export function dense(options: DenseOptions): Dense {
  return new Dense(options);
}

export class Dense extends Layer {
  readonly type = 'dense';
  readonly units: number;
  readonly useBias: boolean;
  readonly activation: Activation;
  readonly kernelInitializer: Initializer;
  readonly biasInitializer: Initializer;
  kernel: Variable | undefined;
  bias: Variable | undefined;

  constructor(options: DenseOptions) {
    super(options);
    checkPositiveInteger(options.units, `${this.name}: units`);
    this.units = options.units;
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
    if (inputShape.length !== 1 && inputShape.length !== 2) {
      throw shapeError(this, '[features] or [time, features]', inputShape, 'Add flatten() before it.');
    }
    const features = inputShape[inputShape.length - 1]!;
    this.kernel = scope.addWeight('kernel', [features, this.units], this.kernelInitializer);
    if (this.useBias) this.bias = scope.addWeight('bias', [this.units], this.biasInitializer);
    return [...inputShape.slice(0, -1), this.units];
  }

  call(x: Tensor, context: CallContext): Tensor {
    const product = matmul(x, context.read(this.kernel!));
    return this.activation.apply(this.bias ? add(product, context.read(this.bias)) : product);
  }

  protected options(): Record<string, unknown> {
    return {
      units: this.units,
      activation: savedName(this.activation, `${this.name}: activation`),
      useBias: this.useBias,
      kernelInitializer: this.kernelInitializer.name,
      biasInitializer: this.biasInitializer.name,
    };
  }
}
