import type { Shape } from '../../ir/shape.ts';
import { Layer, type LayerOptions, shapeError } from '../layer.ts';
import { sampleAxes } from './extents.ts';

export interface GlobalPoolingOptions extends LayerOptions {
  /** Leaves the axes of space with extent 1. Default false. */
  readonly keepDims?: boolean | undefined;
}

/** What global pooling layers share: one number for each channel. */
export abstract class GlobalPooling extends Layer {
  readonly axes: number;
  readonly keepDims: boolean;

  constructor(axes: number, options: GlobalPoolingOptions = {}) {
    super(options);
    this.axes = axes;
    this.keepDims = options.keepDims ?? false;
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== this.axes + 1) {
      throw shapeError(
        this,
        sampleAxes(this.axes),
        inputShape,
        'Put it before flatten(), or give the samples that shape with reshape().',
      );
    }
    return inputShape.map((extent, d) => (d < this.axes ? 1 : extent)).slice(this.keepDims ? 0 : this.axes);
  }

  protected options(): Record<string, unknown> {
    return { keepDims: this.keepDims };
  }
}
