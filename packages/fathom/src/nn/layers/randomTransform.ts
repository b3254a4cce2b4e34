import { affineTransform, type FillMode } from '../../functional/affineTransform.ts';
import { randomUniform } from '../../functional/randomUniform.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { add, concat, cos, full, multiply, sin, slice } from '../../ops/index.ts';
import { type CallContext, checkChoice, Layer, type LayerOptions, shapeError } from '../layer.ts';

/** How far at most: a number f for [−f, f], or the interval itself. */
export type Factor = number | readonly [low: number, high: number];

export interface RandomTransformOptions extends LayerOptions {
  /** Default 'reflect'. */
  readonly fillMode?: FillMode | undefined;
  /** What 'constant' fills with. Default 0. */
  readonly fillValue?: number | undefined;
}

/** How one picture is changed, each a tensor [B, 1]. */
export interface Transform {
  /** Radians, against the clock. */
  readonly angle?: Tensor | undefined;
  /** To the right and downwards, in pixels. */
  readonly shift?: readonly [x: Tensor, y: Tensor] | undefined;
  /** The picture is divided by them in width and height: 1.2 makes it smaller. */
  readonly scale?: readonly [x: Tensor, y: Tensor] | undefined;
}

/**
 * What the random changes of pictures have in common: while training, each picture of a batch is changed in a way of
 * its own, decided by the run's seed, the step and the layer; afterwards the layer does nothing. Shapes [H, W, C].
 */
export abstract class RandomTransform extends Layer {
  readonly fillMode: FillMode;
  readonly fillValue: number;

  constructor(options: RandomTransformOptions) {
    super(options);
    this.fillMode = options.fillMode ?? 'reflect';
    this.fillValue = options.fillValue ?? 0;
    checkChoice(this.fillMode, FILL_MODES, `${this.name}: fillMode`);
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 3) {
      throw shapeError(this, '[height, width, channels]', inputShape, 'Add reshape() before it.');
    }
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    if (!context.training) return x;
    const maps = mapsOf(x.shape[0]!, this.draw(x, context.randomKey(this)));
    return affineTransform(x, maps, { fillMode: this.fillMode, fillValue: this.fillValue });
  }

  /** Draws how each picture of the batch is changed. */
  protected abstract draw(x: Tensor, key: Tensor): Transform;

  protected fillOptions(): Record<string, unknown> {
    return { fillMode: this.fillMode, fillValue: this.fillValue };
  }
}

/** `factors.length` columns [B, 1] of numbers, each uniform in its interval. */
export function drawFactors(batch: number, key: Tensor, factors: readonly Factor[]): Tensor[] {
  const unit = randomUniform(key, [batch, factors.length]);
  return factors.map((factor, i) => {
    const [low, high] = intervalOf(factor);
    return add(multiply(slice(unit, [0, i], [batch, 1]), high - low), low);
  });
}

function intervalOf(factor: Factor): readonly [number, number] {
  return typeof factor === 'number' ? [-factor, factor] : factor;
}

/** Throws unless a factor is a number of 0 or more, or an interval. */
export function checkFactor(factor: unknown, where: string): asserts factor is Factor {
  const isNumber = typeof factor === 'number' && factor >= 0 && Number.isFinite(factor);
  const isInterval =
    Array.isArray(factor) && factor.length === 2 && factor.every(Number.isFinite) && factor[0] <= factor[1];
  if (isNumber || isInterval) return;
  throw new RangeError(
    `${where}: expected a number of 0 or more, or an interval [low, high]; received ${JSON.stringify(factor)}.`,
  );
}

const FILL_MODES: readonly FillMode[] = ['constant', 'nearest', 'reflect', 'wrap'];

/** The maps that take places of the result back to places of the picture. */
function mapsOf(batch: number, { angle, shift, scale }: Transform): Tensor {
  const one = full([batch, 1], 1);
  const zero = full([batch, 1], 0);
  const [c, s] = angle ? [cos(angle), sin(angle)] : [one, zero];
  const [scaleX, scaleY] = scale ?? [one, one];
  const [shiftX, shiftY] = shift ?? [zero, zero];
  // Undo the shift first, then the turn, then the scale. Rows count downwards, so a turn against the clock is (c, −s; s, c).
  const a = multiply(scaleX, c);
  const b = multiply(scaleX, multiply(s, -1));
  const d = multiply(scaleY, s);
  const e = multiply(scaleY, c);
  const back = (p: Tensor, q: Tensor) => multiply(add(multiply(p, shiftX), multiply(q, shiftY)), -1);
  return concat([a, b, back(a, b), d, e, back(d, e)], 1);
}
