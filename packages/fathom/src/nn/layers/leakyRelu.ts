import { leakyRelu as rectify } from '../../functional/leakyRelu.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Layer, type LayerOptions } from '../layer.ts';

export interface LeakyReluOptions extends LayerOptions {
  /** Slope below 0. Default 0.3, as of Keras' layer; Keras' activation function has 0.2. */
  readonly negativeSlope?: number | undefined;
}

/**
 * x where x > 0, negativeSlope·x elsewhere; the shape stays. No weights.
 *
 * @example
 * layers.leakyRelu({ negativeSlope: 0.1 });
 */
export function leakyRelu(options: LeakyReluOptions = {}): LeakyRelu {
  return new LeakyRelu(options);
}

export class LeakyRelu extends Layer {
  readonly type = 'leakyRelu';
  override readonly supportsMasking = true;
  readonly negativeSlope: number;

  constructor(options: LeakyReluOptions = {}) {
    super(options);
    this.negativeSlope = options.negativeSlope ?? DEFAULT_SLOPE;
    if (!(this.negativeSlope >= 0 && Number.isFinite(this.negativeSlope))) {
      throw new RangeError(
        `${this.name}: expected negativeSlope to be 0 or more; received ${this.negativeSlope}.`,
      );
    }
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor): Tensor {
    return rectify(x, this.negativeSlope);
  }

  protected options(): Record<string, unknown> {
    return { negativeSlope: this.negativeSlope };
  }
}

const DEFAULT_SLOPE = 0.3;
