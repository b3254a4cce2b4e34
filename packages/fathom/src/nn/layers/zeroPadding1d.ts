import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { pad } from '../../ops/index.ts';
import { Layer, type LayerOptions, shapeError } from '../layer.ts';
import { type Margins1d, marginsAlong, sampleAxes } from './extents.ts';

export interface ZeroPadding1dOptions extends LayerOptions {
  /** One integer for both ends, or [before, after]. Default 1. */
  readonly padding?: Margins1d | undefined;
}

/**
 * Zeros before and after a sequence.
 *
 * Shapes [T, C] → [before + T + after, C]. No weights.
 *
 * @throws RangeError on samples that are not [T, C]
 * @example
 * layers.zeroPadding1d({ padding: [2, 0], inputShape: [10, 4] });
 */
export function zeroPadding1d(options: ZeroPadding1dOptions = {}): ZeroPadding1d {
  return new ZeroPadding1d(options);
}

export class ZeroPadding1d extends Layer {
  readonly type = 'zeroPadding1d';
  readonly padding: readonly (readonly [number, number])[];

  constructor(options: ZeroPadding1dOptions = {}) {
    super(options);
    const name = options.name ?? 'zeroPadding1d';
    this.padding = marginsAlong(options.padding ?? 1, 1, `${name}: padding`);
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 2) {
      throw shapeError(this, sampleAxes(1), inputShape, 'Put it before flatten(), or use reshape().');
    }
    return [...this.padding.map(([low, high], d) => low + inputShape[d]! + high), inputShape.at(-1)!];
  }

  call(x: Tensor): Tensor {
    const low = [0, ...this.padding.map(([before]) => before), 0];
    const high = [0, ...this.padding.map(([, after]) => after), 0];
    return pad(x, { low, high });
  }

  protected options(): Record<string, unknown> {
    return { padding: [...this.padding[0]!] };
  }
}
