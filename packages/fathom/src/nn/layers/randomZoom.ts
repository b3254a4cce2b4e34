import type { Tensor } from '../../ir/tensor.ts';
import { add } from '../../ops/index.ts';
import {
  checkFactor,
  drawFactors,
  type Factor,
  RandomTransform,
  type RandomTransformOptions,
  type Transform,
} from './randomTransform.ts';

export interface RandomZoomOptions extends RandomTransformOptions {
  /** Above 0 the picture gets smaller, below 0 larger: 0.2 shows 1.2 times its height. */
  readonly heightFactor: Factor;
  /** The same for its width; by default the picture keeps its proportions. */
  readonly widthFactor?: Factor | undefined;
}

/**
 * While training, makes each picture smaller or larger around its centre, with bilinear interpolation: it shows
 * 1 + f of its height and width, f uniform in [−factor, factor].
 *
 * Shapes [H, W, C] → [H, W, C]. No weights.
 *
 * @throws RangeError on a factor that is neither a number of 0 or more nor an interval
 * @example
 * layers.randomZoom({ heightFactor: 0.1 });
 */
export function randomZoom(options: RandomZoomOptions): RandomZoom {
  return new RandomZoom(options);
}

export class RandomZoom extends RandomTransform {
  readonly type = 'randomZoom';
  readonly heightFactor: Factor;
  readonly widthFactor: Factor | undefined;

  constructor(options: RandomZoomOptions) {
    super(options);
    checkFactor(options.heightFactor, `${this.name}: heightFactor`);
    if (options.widthFactor !== undefined) checkFactor(options.widthFactor, `${this.name}: widthFactor`);
    this.heightFactor = options.heightFactor;
    this.widthFactor = options.widthFactor;
  }

  protected draw(x: Tensor, key: Tensor): Transform {
    const { heightFactor, widthFactor = heightFactor } = this;
    const [height, width] = drawFactors(x.shape[0]!, key, [heightFactor, widthFactor]) as [Tensor, Tensor];
    return { scale: [add(this.widthFactor === undefined ? height : width, 1), add(height, 1)] };
  }

  protected options(): Record<string, unknown> {
    const width = this.widthFactor === undefined ? {} : { widthFactor: this.widthFactor };
    return { heightFactor: this.heightFactor, ...width, ...this.fillOptions() };
  }
}
