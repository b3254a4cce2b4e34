import { type Interpolation, resizeImages } from '../../functional/resize.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { checkChoice, checkPair, Layer, type LayerOptions, shapeError } from '../layer.ts';

export interface UpSampling2dOptions extends LayerOptions {
  /** How many times higher and wider. Default [2, 2]. */
  readonly size?: number | readonly [number, number] | undefined;
  /** Default 'nearest', which repeats rows and columns. */
  readonly interpolation?: Interpolation | undefined;
}

/**
 * Makes maps larger by whole factors: by repeating rows and columns, or by interpolating between the centres of cells.
 *
 * Shapes [H, W, C] → [size₀·H, size₁·W, C]. No weights.
 *
 * @throws RangeError on factors that are not positive integers, and on samples of other ranks
 * @example
 * layers.upSampling2d({ size: 2, interpolation: 'bilinear' });
 */
export function upSampling2d(options: UpSampling2dOptions = {}): UpSampling2d {
  return new UpSampling2d(options);
}

export class UpSampling2d extends Layer {
  readonly type = 'upSampling2d';
  readonly size: readonly [number, number];
  readonly interpolation: Interpolation;

  constructor(options: UpSampling2dOptions = {}) {
    super(options);
    const name = options.name ?? 'upSampling2d';
    const { size = 2, interpolation = 'nearest' } = options;
    checkPair(size, `${name}: size`);
    checkChoice(interpolation, ['nearest', 'bilinear'], `${name}: interpolation`);
    this.size = typeof size === 'number' ? [size, size] : size;
    this.interpolation = interpolation;
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 3) {
      throw shapeError(this, '[height, width, channels]', inputShape, 'Use upSampling1d() for sequences.');
    }
    const [height, width, channels] = inputShape as [number, number, number];
    return [height * this.size[0], width * this.size[1], channels];
  }

  call(x: Tensor): Tensor {
    const [, height, width] = x.shape as [number, number, number, number];
    return resizeImages(x, [height * this.size[0], width * this.size[1]], this.interpolation);
  }

  protected options(): Record<string, unknown> {
    return { size: [...this.size], interpolation: this.interpolation };
  }
}
