import { elu as rectify } from '../../functional/elu.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { checkNumber } from '../checkNumber.ts';
import { Layer, type LayerOptions } from '../layer.ts';

export interface EluOptions extends LayerOptions {
  /** What results far below 0 come to, with its sign changed. Default 1. */
  readonly alpha?: number | undefined;
}

/**
 * x where x > 0, alpha·(eˣ − 1) elsewhere; the shape stays. No weights.
 *
 * Paper: D. Clevert, T. Unterthiner, S. Hochreiter, Exponential linear units (2015).
 *
 * @example
 * layers.elu({ alpha: 0.5 });
 */
export function elu(options: EluOptions = {}): Elu {
  return new Elu(options);
}

export class Elu extends Layer {
  readonly type = 'elu';
  override readonly supportsMasking = true;
  readonly alpha: number;

  constructor(options: EluOptions = {}) {
    super(options);
    this.alpha = options.alpha ?? 1;
    checkNumber(this.alpha, `${options.name ?? 'elu'}: alpha`);
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor): Tensor {
    return rectify(x, this.alpha);
  }

  protected options(): Record<string, unknown> {
    return { alpha: this.alpha };
  }
}
