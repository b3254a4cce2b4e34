import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { slice } from '../../ops/index.ts';
import { Layer, type LayerOptions, shapeError } from '../layer.ts';
import { type Margins1d, marginsAlong, sampleAxes } from './extents.ts';

export interface Cropping1dOptions extends LayerOptions {
  /** One integer for both ends, or [before, after]. Default 1. */
  readonly cropping?: Margins1d | undefined;
}

/**
 * Cuts the first and last steps off a sequence.
 *
 * Shapes [T, C] → [T − before − after, C]. No weights.
 *
 * @throws RangeError on samples that are not [T, C], or of which nothing would be left
 * @example
 * layers.cropping1d({ cropping: [2, 0], inputShape: [10, 4] });
 */
export function cropping1d(options: Cropping1dOptions = {}): Cropping1d {
  return new Cropping1d(options);
}

export class Cropping1d extends Layer {
  readonly type = 'cropping1d';
  readonly cropping: readonly (readonly [number, number])[];

  constructor(options: Cropping1dOptions = {}) {
    super(options);
    const name = options.name ?? 'cropping1d';
    this.cropping = marginsAlong(options.cropping ?? 1, 1, `${name}: cropping`);
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 2) {
      throw shapeError(this, sampleAxes(1), inputShape, 'Put it before flatten(), or use reshape().');
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
    return { cropping: [...this.cropping[0]!] };
  }
}
