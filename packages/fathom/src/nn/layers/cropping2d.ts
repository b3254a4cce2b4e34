import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { slice } from '../../ops/index.ts';
import { Layer, type LayerOptions, shapeError } from '../layer.ts';
import { type Margins2d, marginsAlong, sampleAxes } from './extents.ts';

export interface Cropping2dOptions extends LayerOptions {
  /** One integer for all sides, [height, width] or [[top, bottom], [left, right]]. Default 0. */
  readonly cropping?: Margins2d | undefined;
}

/**
 * Cuts the border off a picture.
 *
 * Shapes [H, W, C] → [H − top − bottom, W − left − right, C]. No weights.
 *
 * @throws RangeError on samples that are not [H, W, C], or of which nothing would be left
 * @example
 * layers.cropping2d({ cropping: [[0, 1], [0, 1]], inputShape: [28, 28, 3] });
 */
export function cropping2d(options: Cropping2dOptions = {}): Cropping2d {
  return new Cropping2d(options);
}

export class Cropping2d extends Layer {
  readonly type = 'cropping2d';
  readonly cropping: readonly (readonly [number, number])[];

  constructor(options: Cropping2dOptions = {}) {
    super(options);
    const name = options.name ?? 'cropping2d';
    this.cropping = marginsAlong(options.cropping ?? 0, 2, `${name}: cropping`);
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 3) {
      throw shapeError(this, sampleAxes(2), inputShape, 'Put it before flatten(), or use reshape().');
    }
    const results = this.cropping.map(([low, high], d) => inputShape[d]! - low - high);
    if (results.some((extent) => extent < 1)) {
      throw shapeError(this, `more than ${JSON.stringify(this.cropping)} to crop`, inputShape, 'Crop less.');
    }
    return [...results, inputShape.at(-1)!];
  }

  call(x: Tensor): Tensor {
    const start = [0, ...this.cropping.map(([before]) => before), 0];
    const size = x.shape.map((extent, d) => {
      const [before, after] = this.cropping[d - 1] ?? [0, 0];
      return extent - before - after;
    });
    return slice(x, start, size);
  }

  protected options(): Record<string, unknown> {
    return { cropping: this.cropping.map((pair) => [...pair]) };
  }
}
