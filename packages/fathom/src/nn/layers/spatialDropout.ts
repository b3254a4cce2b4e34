import { dropout } from '../../functional/dropout.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { type CallContext, Layer, type LayerOptions, shapeError } from '../layer.ts';
import { sampleAxes } from './extents.ts';
import { checkRate } from './rate.ts';

export interface SpatialDropoutOptions extends LayerOptions {
  /** Share of the channels that is dropped, in [0, 1]. */
  readonly rate: number;
}

/** What spatialDropout1d and spatialDropout2d share: one draw for all places of a channel. */
export abstract class SpatialDropout extends Layer {
  override readonly supportsMasking = true;
  readonly axes: number;
  readonly rate: number;

  constructor(type: string, axes: number, options: SpatialDropoutOptions) {
    super(options);
    this.axes = axes;
    this.rate = checkRate(options.rate, options.name ?? type);
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length === this.axes + 1) return inputShape;
    throw shapeError(this, sampleAxes(this.axes), inputShape, 'Use dropout() for other shapes.');
  }

  call(x: Tensor, context: CallContext): Tensor {
    if (!context.training || this.rate === 0) return x;
    const maskShape = [x.shape[0]!, ...new Array<number>(this.axes).fill(1), x.shape.at(-1)!];
    return dropout(x, this.rate, context.randomKey(this), maskShape);
  }

  protected options(): Record<string, unknown> {
    return { rate: this.rate };
  }
}
