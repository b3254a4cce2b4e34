import { dropout as drop } from '../../functional/dropout.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { type CallContext, Layer, type LayerOptions } from '../layer.ts';

export interface DropoutOptions extends LayerOptions {
  /** Share of the values that is dropped, in [0, 1]. */
  readonly rate: number;
}

/**
 * While training, sets each value to 0 with probability `rate` and divides the others by 1 − rate; afterwards it
 * does nothing. The mask depends on the seed of the run, the step and the layer alone. No weights.
 *
 * Paper: N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014).
 *
 * @throws RangeError on a rate outside [0, 1]
 * @example
 * layers.dropout({ rate: 0.5 });
 */
export function dropout(options: DropoutOptions): Dropout {
  return new Dropout(options);
}

export class Dropout extends Layer {
  readonly type = 'dropout';
  override readonly supportsMasking = true;
  readonly rate: number;

  constructor(options: DropoutOptions) {
    super(options);
    if (!(options.rate >= 0 && options.rate <= 1)) {
      throw new RangeError(
        `${this.name}: expected rate, the share to drop, in [0, 1]; received ${String(options.rate)}.`,
      );
    }
    this.rate = options.rate;
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
