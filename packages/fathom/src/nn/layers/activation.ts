import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { type Activation, type ActivationLike, resolveActivation } from '../activations.ts';
import { Layer, type LayerOptions, savedName } from '../layer.ts';

export interface ActivationOptions extends LayerOptions {
  /** A name, or a function that keeps the shape. */
  readonly activation: ActivationLike;
}

/**
 * An activation as a layer of its own; the shape stays. No weights.
 *
 * @example
 * layers.activation('relu');
 * layers.activation({ activation: 'softmax', name: 'probabilities' });
 */
export function activation(options: ActivationOptions | ActivationLike): ActivationLayer {
  return new ActivationLayer(typeof options === 'object' ? options : { activation: options });
}

export class ActivationLayer extends Layer {
  readonly type = 'activation';
  override readonly supportsMasking = true;
  readonly activation: Activation;

  constructor(options: ActivationOptions) {
    super(options);
    this.activation = resolveActivation(options.activation, this.name);
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor): Tensor {
    return this.activation.apply(x);
  }

  protected options(): Record<string, unknown> {
    return { activation: savedName(this.activation, `${this.name}: activation`) };
  }
}
