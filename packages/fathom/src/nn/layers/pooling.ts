import {
  type Padding,
  type Pair,
  type PerAxis,
  type Single,
  type Triple,
  windowsAlong,
} from '../../functional/spatial.ts';
import { formatShape, type Shape } from '../../ir/shape.ts';
import { checkChoice, Layer, type LayerOptions, shapeError } from '../layer.ts';
import { extentsAlong, sampleAxes } from './extents.ts';

export interface PoolingOptions<Size extends PerAxis = PerAxis> extends LayerOptions {
  /** Default 2. */
  readonly poolSize?: Size | undefined;
  /** Default the pool size. */
  readonly strides?: Size | undefined;
  /** Default 'valid'. */
  readonly padding?: Padding | undefined;
}

export type Pooling1dOptions = PoolingOptions<Single>;
export type Pooling2dOptions = PoolingOptions<Pair>;
export type Pooling3dOptions = PoolingOptions<Triple>;

/** What pooling layers share: windows over the axes of space, each channel for itself. */
export abstract class Pooling extends Layer {
  readonly axes: number;
  readonly poolSize: readonly number[];
  readonly strides: readonly number[];
  readonly padding: Padding;

  constructor(type: string, axes: number, options: PoolingOptions = {}) {
    super(options);
    const name = options.name ?? type;
    const { poolSize = 2, padding = 'valid' } = options;
    this.axes = axes;
    this.poolSize = extentsAlong(poolSize, axes, `${name}: poolSize`);
    this.strides = extentsAlong(options.strides ?? poolSize, axes, `${name}: strides`);
    checkChoice(padding, ['valid', 'same'], `${name}: padding`);
    this.padding = padding;
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
    const results = inputShape
      .slice(0, -1)
      .map((extent, d) => windowsAlong(extent, this.poolSize[d]!, this.strides[d]!, this.padding).count);
    if (results.some((count) => count < 1)) {
      throw shapeError(
        this,
        `at least ${formatShape(this.poolSize)} for its window`,
        inputShape,
        "Use padding: 'same', a smaller poolSize, or one pooling layer less.",
      );
    }
    return [...results, inputShape.at(-1)!];
  }

  /** The options as the functions of functional/pooling.ts take them. */
  protected windows<Size extends PerAxis>(): { poolSize: Size; strides: Size; padding: Padding } {
    return { poolSize: this.poolSize as Size, strides: this.strides as Size, padding: this.padding };
  }

  protected options(): Record<string, unknown> {
    return { poolSize: [...this.poolSize], strides: [...this.strides], padding: this.padding };
  }
}
