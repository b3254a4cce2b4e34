import { type Interpolation, resizeImages } from '../../functional/resize.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { cast } from '../../ops/index.ts';
import { checkChoice, checkPositiveInteger, Layer, type LayerOptions, shapeError } from '../layer.ts';

export interface ResizingOptions extends LayerOptions {
  readonly height: number;
  readonly width: number;
  /** Default 'bilinear'. */
  readonly interpolation?: Interpolation | undefined;
}

/**
 * Brings images to one size, by the nearest cell or between the four nearest, without antialiasing. It does the same
 * while training and afterwards.
 *
 * Shapes [H, W, C] → [height, width, C]. No weights.
 *
 * @throws RangeError on a size that is not positive, and on samples of other ranks
 * @example
 * layers.resizing({ height: 32, width: 32 });
 */
export function resizing(options: ResizingOptions): Resizing {
  return new Resizing(options);
}

export class Resizing extends Layer {
  readonly type = 'resizing';
  readonly height: number;
  readonly width: number;
  readonly interpolation: Interpolation;

  constructor(options: ResizingOptions) {
    super(options);
    const name = options.name ?? 'resizing';
    const { height, width, interpolation = 'bilinear' } = options;
    checkPositiveInteger(height, `${name}: height`);
    checkPositiveInteger(width, `${name}: width`);
    checkChoice(interpolation, ['nearest', 'bilinear'], `${name}: interpolation`);
    this.height = height;
    this.width = width;
    this.interpolation = interpolation;
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 3) {
      throw shapeError(this, '[height, width, channels]', inputShape, 'Reshape the samples to images first.');
    }
    return [this.height, this.width, inputShape[2]!];
  }

  call(x: Tensor): Tensor {
    const images = x.dtype === 'float32' ? x : cast(x, 'float32');
    return resizeImages(images, [this.height, this.width], this.interpolation);
  }

  protected options(): Record<string, unknown> {
    return { height: this.height, width: this.width, interpolation: this.interpolation };
  }
}
