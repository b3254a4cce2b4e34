import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { reshape } from '../../ops/index.ts';
import {
  BaseLayer,
  type BuildScope,
  type CallContext,
  callLayer,
  Layer,
  type LayerOptions,
  shapeError,
} from '../layer.ts';

export interface TimeDistributedOptions extends LayerOptions {
  /** What is done at each step, with the same weights at all of them. */
  readonly layer: BaseLayer;
}

/**
 * A layer at each step of a sequence: y[t] = layer(x[t]). All steps of all samples are one batch to the layer inside.
 *
 * Shapes [T, ...] → [T, ...result]. Weights: those of the layer.
 *
 * @throws TypeError when `layer` is no layer with one result, RangeError on samples without a time axis
 * @example
 * layers.timeDistributed({ layer: layers.conv2d({ filters: 8, kernelSize: 3 }), inputShape: [10, 28, 28, 1] });
 */
export function timeDistributed(options: TimeDistributedOptions): TimeDistributed {
  return new TimeDistributed(options);
}

export class TimeDistributed extends Layer {
  readonly type = 'timeDistributed';
  override readonly supportsMasking = true;
  readonly layer: BaseLayer;

  constructor(options: TimeDistributedOptions) {
    super(options);
    if (!(options.layer instanceof BaseLayer)) {
      throw new TypeError(
        `${options.name ?? 'timeDistributed'}: layer: expected a layer such as dense({ units: 8 }); received ${String(options.layer)}.`,
      );
    }
    this.layer = options.layer;
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    if (inputShape.length < 2) {
      throw shapeError(this, '[time, ...]', inputShape, 'The first axis of a sample is its steps.');
    }
    const results = scope.addLayer('layer', this.layer, [inputShape.slice(1)]);
    if (results.length !== 1) {
      throw new TypeError(
        `${this.name}: expected a layer with one result; received ${this.layer.name} with ${results.length}.`,
      );
    }
    return [inputShape[0]!, ...results[0]!];
  }

  call(x: Tensor, context: CallContext): Tensor {
    const [batch, length, ...rest] = x.shape as [number, number, ...number[]];
    const [y] = callLayer(this.layer, [reshape(x, [batch * length, ...rest])], context);
    return reshape(y!, [batch, length, ...y!.shape.slice(1)]);
  }

  protected options(): Record<string, unknown> {
    return { layer: this.layer.config() };
  }
}
