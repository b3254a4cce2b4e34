import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { pad } from '../../ops/index.ts';
import { Layer, type LayerOptions, shapeError } from '../layer.ts';
import { type Margins2d, marginsAlong, sampleAxes } from './extents.ts';

export interface ZeroPadding2dOptions extends LayerOptions {
  /** One integer for all sides, [height, width] or [[top, bottom], [left, right]]. Default 1. */
  readonly padding?: Margins2d | undefined;
}

/**
 * Zeros around a picture.
 *
 * Shapes [H, W, C] → [top + H + bottom, left + W + right, C]. No weights.
 *
 * @throws RangeError on samples that are not [H, W, C]
 * @example
 * layers.zeroPadding2d({ padding: [[0, 1], [0, 1]], inputShape: [28, 28, 3] });
 */
export function zeroPadding2d(options: ZeroPadding2dOptions = {}): ZeroPadding2d {
  return new ZeroPadding2d(options);
}

export class ZeroPadding2d extends Layer {
  readonly type = 'zeroPadding2d';
  readonly padding: readonly (readonly [number, number])[];

  constructor(options: ZeroPadding2dOptions = {}) {
    super(options);
    const name = options.name ?? 'zeroPadding2d';
    this.padding = marginsAlong(options.padding ?? 1, 2, `${name}: padding`);
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 3) {
      throw shapeError(this, sampleAxes(2), inputShape, 'Put it before flatten(), or use reshape().');
    }
    return [...this.padding.map(([low, high], d) => low + inputShape[d]! + high), inputShape.at(-1)!];
  }

  call(x: Tensor): Tensor {
    const low = [0, ...this.padding.map(([before]) => before), 0];
    const high = [0, ...this.padding.map(([, after]) => after), 0];
    return pad(x, { low, high });
  }

  protected options(): Record<string, unknown> {
    return { padding: this.padding.map((pair) => [...pair]) };
  }
}
