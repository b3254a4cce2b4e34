import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { flip, less, randomBits, reshape, where } from '../../ops/index.ts';
import { type CallContext, checkChoice, Layer, type LayerOptions, shapeError } from '../layer.ts';

export type FlipMode = 'horizontal' | 'vertical' | 'horizontalAndVertical';

export interface RandomFlipOptions extends LayerOptions {
  /** Default 'horizontalAndVertical'. */
  readonly mode?: FlipMode | undefined;
}

/**
 * While training, mirrors each picture with probability ½: left to right, upside down, or each of both on its own.
 *
 * Shapes [H, W, C] → [H, W, C]. No weights.
 *
 * @throws RangeError on another mode
 * @example
 * layers.randomFlip({ mode: 'horizontal' });
 */
export function randomFlip(options: RandomFlipOptions = {}): RandomFlip {
  return new RandomFlip(options);
}

export class RandomFlip extends Layer {
  readonly type = 'randomFlip';
  readonly mode: FlipMode;

  constructor(options: RandomFlipOptions) {
    super(options);
    this.mode = options.mode ?? 'horizontalAndVertical';
    checkChoice(this.mode, Object.keys(AXES), `${this.name}: mode`);
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 3) {
      throw shapeError(this, '[height, width, channels]', inputShape, 'Add reshape() before it.');
    }
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    if (!context.training) return x;
    let result = x;
    for (const axis of AXES[this.mode]) {
      const coin = less(randomBits(context.randomKey(this), [x.shape[0]!]), 0);
      result = where(reshape(coin, [x.shape[0]!, 1, 1, 1]), flip(result, [axis]), result);
    }
    return result;
  }

  protected options(): Record<string, unknown> {
    return { mode: this.mode };
  }
}

/** Axes of [B, H, W, C] to mirror along. */
const AXES: Readonly<Record<FlipMode, readonly number[]>> = {
  horizontal: [2],
  vertical: [1],
  horizontalAndVertical: [2, 1],
};
