import { randomNormal } from '../../functional/randomNormal.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { add } from '../../ops/index.ts';
import { type CallContext, Layer, type LayerOptions } from '../layer.ts';

export interface GaussianNoiseOptions extends LayerOptions {
  /** Standard deviation of the noise, at least 0. */
  readonly stddev: number;
}

/**
 * While training, adds normal noise of mean 0 to each value: y = x + stddev · ε with ε ∼ N(0, 1). Afterwards it does
 * nothing. Shapes stay. No weights.
 *
 * Paper: C. Bishop, Training with noise is equivalent to Tikhonov regularization (1995).
 *
 * @throws RangeError on a negative deviation
 * @example
 * layers.gaussianNoise({ stddev: 0.1 });
 */
export function gaussianNoise(options: GaussianNoiseOptions): GaussianNoise {
  return new GaussianNoise(options);
}

export class GaussianNoise extends Layer {
  readonly type = 'gaussianNoise';
  override readonly supportsMasking = true;
  readonly stddev: number;

  constructor(options: GaussianNoiseOptions) {
    super(options);
    if (!(options.stddev >= 0 && Number.isFinite(options.stddev))) {
      throw new RangeError(
        `${options.name ?? 'gaussianNoise'}: stddev: expected a number of at least 0; received ${String(options.stddev)}.`,
      );
    }
    this.stddev = options.stddev;
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    if (!context.training || this.stddev === 0) return x;
    return add(x, randomNormal(context.randomKey(this), x.shape, 0, this.stddev));
  }

  protected options(): Record<string, unknown> {
    return { stddev: this.stddev };
  }
}
