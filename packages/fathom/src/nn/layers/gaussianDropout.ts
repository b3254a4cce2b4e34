import { randomNormal } from '../../functional/randomNormal.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { multiply } from '../../ops/index.ts';
import { type CallContext, Layer, type LayerOptions } from '../layer.ts';
import { checkRate } from './rate.ts';

export interface GaussianDropoutOptions extends LayerOptions {
  /** The rate of the dropout whose noise has the same variance, in [0, 1). */
  readonly rate: number;
}

/**
 * While training, multiplies each value by normal noise: y = x · (1 + √(rate / (1 − rate)) · ε) with ε ∼ N(0, 1), whose
 * mean and variance are those of dropout with that rate. Afterwards it does nothing. Shapes stay. No weights.
 *
 * Paper: N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014), section 10.
 *
 * @throws RangeError on a rate outside [0, 1)
 * @example
 * layers.gaussianDropout({ rate: 0.3 });
 */
export function gaussianDropout(options: GaussianDropoutOptions): GaussianDropout {
  return new GaussianDropout(options);
}

export class GaussianDropout extends Layer {
  readonly type = 'gaussianDropout';
  override readonly supportsMasking = true;
  readonly rate: number;

  constructor(options: GaussianDropoutOptions) {
    super(options);
    this.rate = checkRate(options.rate, options.name ?? 'gaussianDropout', true);
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    if (!context.training || this.rate === 0) return x;
    const deviation = Math.sqrt(this.rate / (1 - this.rate));
    return multiply(x, randomNormal(context.randomKey(this), x.shape, 1, deviation));
  }

  protected options(): Record<string, unknown> {
    return { rate: this.rate };
  }
}
