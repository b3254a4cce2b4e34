import { formatShape, type Shape, sameShape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { input } from '../../ops/index.ts';
import { Layer, type LayerConfig, type LayerOptions } from '../layer.ts';

/** From a batch to a batch of as many samples, made of ops and functions of the library. */
export type LambdaFunction = (x: Tensor) => Tensor;

export interface LambdaOptions extends LayerOptions {
  readonly function: LambdaFunction;
}

/**
 * A function as a layer: y = f(x). The function sees the batch as axis 0 and is called while graphs are made, not for
 * each batch. Gradients are those of what it is made of. No weights.
 *
 * JSON holds no functions, so a model with this layer cannot be saved; write a layer of your own for that.
 *
 * @throws RangeError when the results are not as many as the samples
 * @example
 * layers.lambda((x) => ops.multiply(x, x));
 */
export function lambda(options: LambdaOptions | LambdaFunction): Lambda {
  return new Lambda(typeof options === 'function' ? { function: options } : options);
}

export class Lambda extends Layer {
  readonly type = 'lambda';
  readonly function: LambdaFunction;

  constructor(options: LambdaOptions) {
    super(options);
    if (typeof options.function !== 'function') {
      throw new TypeError(
        `${options.name ?? 'lambda'}: function: expected a function from a tensor to a tensor; received ${typeof options.function}.`,
      );
    }
    this.function = options.function;
  }

  build(inputShape: Shape): Shape {
    // A batch of two, since a batch of one could come out by chance.
    const y = this.function(input('x', [PROBE, ...inputShape]));
    if (y.shape[0] !== PROBE) {
      throw new RangeError(
        `${this.name}: expected a function that keeps axis 0, the batch; received ${formatShape(y.shape)} for ${formatShape([PROBE, ...inputShape])}. Reduce over other axes.`,
      );
    }
    return y.shape.slice(1);
  }

  call(x: Tensor): Tensor {
    const y = this.function(x);
    const expected = [x.shape[0]!, ...this.build(x.shape.slice(1))];
    if (sameShape(y.shape, expected)) return y;
    throw new RangeError(
      `${this.name}: expected a function whose samples have one shape ${formatShape(expected)}, whatever the batch; received ${formatShape(y.shape)}.`,
    );
  }

  override config(): LayerConfig {
    throw new Error(
      `${this.name}: a function of your own cannot be saved. Use activation() with a name, or a layer of your own given as customLayers.`,
    );
  }

  protected options(): Record<string, unknown> {
    return {};
  }
}

const PROBE = 2;
