import { softmax as normalize } from '../../functional/softmax.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Layer, type LayerOptions } from '../layer.ts';
import { sampleAxesOf } from './affine.ts';

export interface SoftmaxOptions extends LayerOptions {
  /** Axis of a batch, so that 1 is the first one of a sample. Default -1. */
  readonly axis?: number | undefined;
}

/**
 * Turns numbers into probabilities: yᵢ = e^xᵢ / Σⱼ e^xⱼ along one axis; the shape stays. No weights.
 *
 * @throws RangeError on an axis that samples do not have
 * @example
 * layers.softmax();
 */
export function softmax(options: SoftmaxOptions = {}): Softmax {
  return new Softmax(options);
}

export class Softmax extends Layer {
  readonly type = 'softmax';
  override readonly supportsMasking = true;
  readonly axis: number;

  constructor(options: SoftmaxOptions = {}) {
    super(options);
    this.axis = options.axis ?? -1;
  }

  build(inputShape: Shape): Shape {
    sampleAxesOf(this, this.axis, inputShape);
    return inputShape;
  }

  call(x: Tensor): Tensor {
    return normalize(x, this.axis);
  }

  protected options(): Record<string, unknown> {
    return { axis: this.axis };
  }
}
