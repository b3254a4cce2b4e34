import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { type CallContext, Layer, type LayerOptions } from '../layer.ts';
import { l1L2, penalizeActivity } from '../regularizers/index.ts';

export interface ActivityRegularizationOptions extends LayerOptions {
  /** Weight of Σ|x|. Default 0. */
  readonly l1?: number | undefined;
  /** Weight of Σx². Default 0. */
  readonly l2?: number | undefined;
}

/**
 * Adds a penalty for large values to the loss and hands the values on: (l1·Σ|x| + l2·Σx²) / B, with the batch size B.
 *
 * Shapes stay. No weights.
 *
 * Paper: B. Olshausen, D. Field, Emergence of simple-cell receptive field properties by learning a sparse code (1996).
 *
 * @throws RangeError on negative weights
 * @example
 * layers.activityRegularization({ l1: 1e-3 });
 */
export function activityRegularization(options: ActivityRegularizationOptions = {}): ActivityRegularization {
  return new ActivityRegularization(options);
}

export class ActivityRegularization extends Layer {
  readonly type = 'activityRegularization';
  override readonly supportsMasking = true;
  readonly l1: number;
  readonly l2: number;

  constructor(options: ActivityRegularizationOptions = {}) {
    super(options);
    const { l1 = 0, l2 = 0 } = options;
    for (const [option, value] of Object.entries({ l1, l2 })) {
      if (!(value >= 0 && Number.isFinite(value))) {
        throw new RangeError(
          `${options.name ?? 'activityRegularization'}: ${option}: expected a number of at least 0; received ${String(value)}.`,
        );
      }
    }
    this.l1 = l1;
    this.l2 = l2;
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    if (this.l1 > 0 || this.l2 > 0) penalizeActivity(l1L2(this), x, context);
    return x;
  }

  protected options(): Record<string, unknown> {
    return { l1: this.l1, l2: this.l2 };
  }
}
