import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { add, cast, multiply } from '../../ops/index.ts';
import { checkNumber } from '../checkNumber.ts';
import { Layer, type LayerOptions } from '../layer.ts';

export interface RescalingOptions extends LayerOptions {
  /** Factor. */
  readonly scale: number;
  /** Added after the product. Default 0. */
  readonly offset?: number | undefined;
}

/**
 * x·scale + offset, the same while training and afterwards: grey values 0 … 255 come to [0, 1] with scale 1/255, and
 * to [−1, 1] with scale 1/127.5 and offset −1. The shape stays. No weights.
 *
 * @throws RangeError on a scale or an offset that is no number
 * @example
 * layers.rescaling({ scale: 1 / 127.5, offset: -1 });
 */
export function rescaling(options: RescalingOptions): Rescaling {
  return new Rescaling(options);
}

export class Rescaling extends Layer {
  readonly type = 'rescaling';
  override readonly supportsMasking = true;
  readonly scale: number;
  readonly offset: number;

  constructor(options: RescalingOptions) {
    super(options);
    const name = options.name ?? 'rescaling';
    this.scale = options.scale;
    this.offset = options.offset ?? 0;
    checkNumber(this.scale, `${name}: scale`);
    checkNumber(this.offset, `${name}: offset`);
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor): Tensor {
    const scaled = multiply(x.dtype === 'float32' ? x : cast(x, 'float32'), this.scale);
    return this.offset === 0 ? scaled : add(scaled, this.offset);
  }

  protected options(): Record<string, unknown> {
    return { scale: this.scale, offset: this.offset };
  }
}
