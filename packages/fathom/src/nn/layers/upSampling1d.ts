import { resizeAlong } from '../../functional/resize.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { checkPositiveInteger, Layer, type LayerOptions, shapeError } from '../layer.ts';

export interface UpSampling1dOptions extends LayerOptions {
  /** How many times each step is repeated. Default 2. */
  readonly size?: number | undefined;
}

/**
 * Makes sequences longer by repeating each step.
 *
 * Shapes [T, C] → [size·T, C]. No weights.
 *
 * @throws RangeError on a size that is no positive integer, and on samples of other ranks
 * @example
 * layers.upSampling1d({ size: 3 });
 */
export function upSampling1d(options: UpSampling1dOptions = {}): UpSampling1d {
  return new UpSampling1d(options);
}

export class UpSampling1d extends Layer {
  readonly type = 'upSampling1d';
  readonly size: number;

  constructor(options: UpSampling1dOptions = {}) {
    super(options);
    const { size = 2 } = options;
    checkPositiveInteger(size, `${options.name ?? 'upSampling1d'}: size`);
    this.size = size;
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 2) {
      throw shapeError(this, '[time, channels]', inputShape, 'Use upSampling2d() for images.');
    }
    return [inputShape[0]! * this.size, inputShape[1]!];
  }

  call(x: Tensor): Tensor {
    return resizeAlong(x, 1, x.shape[1]! * this.size, 'nearest');
  }

  protected options(): Record<string, unknown> {
    return { size: this.size };
  }
}
