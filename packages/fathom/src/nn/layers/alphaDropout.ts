import { alphaDropout as drop } from '../../functional/dropout.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { type CallContext, Layer, type LayerOptions } from '../layer.ts';
import { checkRate } from './rate.ts';

export interface AlphaDropoutOptions extends LayerOptions {
  /** Share of the values that is dropped, in [0, 1). */
  readonly rate: number;
}

/**
 * Dropout for networks of SELU units: while training, dropped values become SELU's lowest one, and all are scaled and
 * shifted so that mean 0 and variance 1 stay; see functional.alphaDropout. Afterwards it does nothing. No weights.
 *
 * Paper: G. Klambauer et al., Self-normalizing neural networks (2017).
 *
 * @throws RangeError on a rate outside [0, 1)
 * @example
 * layers.alphaDropout({ rate: 0.1 });
 */
export function alphaDropout(options: AlphaDropoutOptions): AlphaDropout {
  return new AlphaDropout(options);
}

export class AlphaDropout extends Layer {
  readonly type = 'alphaDropout';
  override readonly supportsMasking = true;
  readonly rate: number;

  constructor(options: AlphaDropoutOptions) {
    super(options);
    this.rate = checkRate(options.rate, options.name ?? 'alphaDropout', true);
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    return context.training && this.rate > 0 ? drop(x, this.rate, context.randomKey(this)) : x;
  }

  protected options(): Record<string, unknown> {
    return { rate: this.rate };
  }
}
