import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { broadcast, cast, equal, full, logicalNot, max, where } from '../../ops/index.ts';
import { checkNumber } from '../checkNumber.ts';
import { type CallContext, Layer, type LayerOptions, shapeError } from '../layer.ts';

export interface MaskingOptions extends LayerOptions {
  /** A step whose features all have this value does not count. Default 0. */
  readonly maskValue?: number | undefined;
}

/**
 * Leaves steps out of sequences that were filled up: step t does not count where all features x[t] = maskValue. Such
 * steps become 0; recurrent layers after it skip them, and losses do not count them.
 *
 * Shapes [T, ...] stay. No weights.
 *
 * @throws RangeError on samples without a time axis and features
 * @example
 * layers.masking({ maskValue: -1, inputShape: [20, 8] });
 */
export function masking(options: MaskingOptions = {}): Masking {
  return new Masking(options);
}

export class Masking extends Layer {
  readonly type = 'masking';
  readonly maskValue: number;

  constructor(options: MaskingOptions = {}) {
    super(options);
    this.maskValue = options.maskValue ?? 0;
    checkNumber(this.maskValue, `${options.name ?? 'masking'}: maskValue`);
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length >= 2) return inputShape;
    throw shapeError(this, '[time, ...features]', inputShape, 'Reshape them, so that there are steps.');
  }

  call(x: Tensor, context: CallContext): Tensor {
    const features = x.shape.flatMap((_, axis) => (axis < 2 ? [] : [axis]));
    const differs = cast(logicalNot(equal(x, this.maskValue)), 'float32');
    const mask = equal(max(differs, features), full(x.shape.slice(0, 2), 1));
    const y = where(broadcast(mask, x.shape, [0, 1]), x, full(x.shape, 0));
    context.setMask(y, mask);
    return y;
  }

  protected options(): Record<string, unknown> {
    return { maskValue: this.maskValue };
  }
}
