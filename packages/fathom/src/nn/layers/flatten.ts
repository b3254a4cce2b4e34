import { type Shape, sizeOf } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { reshape } from '../../ops/index.ts';
import { Layer, type LayerOptions } from '../layer.ts';

/**
 * Lays the values of a sample in one row, in row-major order. Shapes [A, B, …] → [A·B·…]. No weights.
 *
 * @example
 * layers.flatten({ inputShape: [28, 28, 1] }); // → [784]
 */
export function flatten(options: LayerOptions = {}): Flatten {
  return new Flatten(options);
}

export class Flatten extends Layer {
  readonly type = 'flatten';

  build(inputShape: Shape): Shape {
    return [sizeOf(inputShape)];
  }

  call(x: Tensor): Tensor {
    return reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
  }

  protected options(): Record<string, unknown> {
    return {};
  }
}
