import { type Padding, type Pair, pairOf, windowsAlong } from '../../functional/spatial.ts';
import { formatShape, type Shape } from '../../ir/shape.ts';
import { checkChoice, checkPair, Layer, type LayerOptions, shapeError } from '../layer.ts';

export interface Pooling2dOptions extends LayerOptions {
  /** Default 2. */
  readonly poolSize?: Pair | undefined;
  /** Default the pool size. */
  readonly strides?: Pair | undefined;
  /** Default 'valid'. */
  readonly padding?: Padding | undefined;
}

/** What pooling layers share: windows over height and width, each channel for itself. */
export abstract class Pooling2d extends Layer {
  readonly poolSize: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: Padding;

  constructor(type: string, options: Pooling2dOptions = {}) {
    super(options);
    const name = options.name ?? type;
    const { poolSize = 2, padding = 'valid' } = options;
    const strides = options.strides ?? poolSize;
    checkPair(poolSize, `${name}: poolSize`);
    checkPair(strides, `${name}: strides`);
    checkChoice(padding, ['valid', 'same'], `${name}: padding`);
    this.poolSize = pairOf(poolSize);
    this.strides = pairOf(strides);
    this.padding = padding;
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 3) {
      throw shapeError(
        this,
        '[height, width, channels]',
        inputShape,
        'Put it before flatten(), or give the samples that shape with reshape().',
      );
    }
    const [height, width, channels] = inputShape as [number, number, number];
    const outH = windowsAlong(height, this.poolSize[0], this.strides[0], this.padding).count;
    const outW = windowsAlong(width, this.poolSize[1], this.strides[1], this.padding).count;
    if (outH < 1 || outW < 1) {
      throw shapeError(
        this,
        `at least ${formatShape(this.poolSize)} for its window`,
        inputShape,
        "Use padding: 'same', a smaller poolSize, or one pooling layer less.",
      );
    }
    return [outH, outW, channels];
  }

  protected options(): Record<string, unknown> {
    return { poolSize: [...this.poolSize], strides: [...this.strides], padding: this.padding };
  }
}
