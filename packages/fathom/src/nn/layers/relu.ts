import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { less, maximum, minimum, multiply, subtract, where } from '../../ops/index.ts';
import { checkNotNegative } from '../checkNumber.ts';
import { Layer, type LayerOptions } from '../layer.ts';

export interface ReluOptions extends LayerOptions {
  /** Results are cut off here. Default none. */
  readonly maxValue?: number | null | undefined;
  /** Slope below the threshold. Default 0. */
  readonly negativeSlope?: number | undefined;
  /** Below it values count as negative. Default 0. */
  readonly threshold?: number | undefined;
}

/**
 * Rectifier: x from the threshold to maxValue, maxValue above, negativeSlope·(x − threshold) below; with its defaults
 * max(x, 0). The shape stays. No weights.
 *
 * Paper: V. Nair, G. Hinton, Rectified linear units improve restricted Boltzmann machines (2010).
 *
 * @throws RangeError on a negative option
 * @example
 * layers.relu({ maxValue: 6 });
 */
export function relu(options: ReluOptions = {}): Relu {
  return new Relu(options);
}

export class Relu extends Layer {
  readonly type = 'relu';
  override readonly supportsMasking = true;
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;

  constructor(options: ReluOptions = {}) {
    super(options);
    const name = options.name ?? 'relu';
    this.maxValue = options.maxValue ?? null;
    this.negativeSlope = options.negativeSlope ?? 0;
    this.threshold = options.threshold ?? 0;
    if (this.maxValue !== null) checkNotNegative(this.maxValue, `${name}: maxValue`);
    checkNotNegative(this.negativeSlope, `${name}: negativeSlope`);
    checkNotNegative(this.threshold, `${name}: threshold`);
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor): Tensor {
    const { maxValue, negativeSlope, threshold } = this;
    const plain = negativeSlope === 0 && threshold === 0;
    const below = negativeSlope === 0 ? 0 : multiply(subtract(x, threshold), negativeSlope);
    const y = plain ? maximum(x, 0) : where(less(threshold, x), x, below);
    return maxValue === null ? y : minimum(y, maxValue);
  }

  protected options(): Record<string, unknown> {
    const { maxValue, negativeSlope, threshold } = this;
    return { maxValue, negativeSlope, threshold };
  }
}
