import { checkShape, type Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Layer, type LayerOptions } from '../layer.ts';

export interface InputOptions extends LayerOptions {
  /** Of one sample, without the batch. */
  readonly shape: Shape;
}

/**
 * States the shape of a sample, as `inputShape` of the first layer does. It computes nothing.
 *
 * @example
 * sequential([layers.input({ shape: [28, 28, 1] }), layers.flatten(), layers.dense({ units: 10 })]);
 */
export function input(options: InputOptions): Input {
  return new Input(options);
}

export class Input extends Layer {
  readonly type = 'input';

  constructor(options: InputOptions) {
    checkShape(options.shape, 'input: shape');
    super({ ...options, inputShape: options.shape });
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor): Tensor {
    return x;
  }

  protected options(): Record<string, unknown> {
    return { shape: [...this.inputShape!] };
  }
}
