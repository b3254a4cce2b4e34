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

export interface RandomRotationOptions extends RandomTransformOptions {
  /** Share of a full turn against the clock: 0.1 turns by up to 36° both ways. */
  readonly factor: Factor;
}

/**
 * While training, turns each picture around its centre by an angle 2π·f, f uniform in [−factor, factor], with bilinear
 * interpolation.
 *
 * Shapes [H, W, C] → [H, W, C]. No weights.
 *
 * @throws RangeError on a factor that is neither a number of 0 or more nor an interval
 * @example
 * layers.randomRotation({ factor: 10 / 360, inputShape: [28, 28, 1] });
 */
export function randomRotation(options: RandomRotationOptions): RandomRotation {
  return new RandomRotation(options);
}

export class RandomRotation extends RandomTransform {
  readonly type = 'randomRotation';
  readonly factor: Factor;

  constructor(options: RandomRotationOptions) {
    super(options);
    checkFactor(options.factor, `${this.name}: factor`);
    this.factor = options.factor;
  }

  protected draw(x: Tensor, key: Tensor): Transform {
    const [turn] = drawFactors(x.shape[0]!, key, [this.factor]) as [Tensor];
    return { angle: multiply(turn, 2 * Math.PI) };
  }

  protected options(): Record<string, unknown> {
    return { factor: this.factor, ...this.fillOptions() };
  }
}
