import type { Tensor } from '../../ir/tensor.ts';
import { multiply } from '../../ops/index.ts';
import {
  checkFactor,
  drawFactors,
  type Factor,
  RandomTransform,
  type RandomTransformOptions,
  type Transform,
} from './randomTransform.ts';

export interface RandomTranslationOptions extends RandomTransformOptions {
  /** Share of the height, downwards. */
  readonly heightFactor: Factor;
  /** Share of the width, to the right. */
  readonly widthFactor: Factor;
}

/**
 * While training, moves each picture by shares of its height and width, uniform in [−factor, factor], with bilinear
 * interpolation.
 *
 * Shapes [H, W, C] → [H, W, C]. No weights.
 *
 * @throws RangeError on a factor that is neither a number of 0 or more nor an interval
 * @example
 * layers.randomTranslation({ heightFactor: 0.1, widthFactor: 0.1, fillMode: 'constant' });
 */
export function randomTranslation(options: RandomTranslationOptions): RandomTranslation {
  return new RandomTranslation(options);
}

export class RandomTranslation extends RandomTransform {
  readonly type = 'randomTranslation';
  readonly heightFactor: Factor;
  readonly widthFactor: Factor;

  constructor(options: RandomTranslationOptions) {
    super(options);
    checkFactor(options.heightFactor, `${this.name}: heightFactor`);
    checkFactor(options.widthFactor, `${this.name}: widthFactor`);
    this.heightFactor = options.heightFactor;
    this.widthFactor = options.widthFactor;
  }

  protected draw(x: Tensor, key: Tensor): Transform {
    const [batch, height, width] = x.shape as [number, number, number];
    const [down, right] = drawFactors(batch, key, [this.heightFactor, this.widthFactor]) as [Tensor, Tensor];
    return { shift: [multiply(right, width), multiply(down, height)] };
  }

  protected options(): Record<string, unknown> {
    return { heightFactor: this.heightFactor, widthFactor: this.widthFactor, ...this.fillOptions() };
  }
}
