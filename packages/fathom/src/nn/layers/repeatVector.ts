import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { broadcast } from '../../ops/index.ts';
import { checkPositiveInteger, Layer, type LayerOptions, shapeError } from '../layer.ts';

export interface RepeatVectorOptions extends LayerOptions {
  /** How many times. */
  readonly n: number;
}

/**
 * A sequence of n equal steps, y[t] = x, as the input of a decoder.
 *
 * Shapes [F] → [n, F]. No weights.
 *
 * @throws RangeError on samples that are no vectors
 * @example
 * layers.repeatVector({ n: 3, inputShape: [32] }); // → [3, 32]
 */
export function repeatVector(options: RepeatVectorOptions): RepeatVector {
  return new RepeatVector(options);
}

export class RepeatVector extends Layer {
  readonly type = 'repeatVector';
  readonly n: number;

  constructor(options: RepeatVectorOptions) {
    super(options);
    checkPositiveInteger(options.n, `${options.name ?? 'repeatVector'}: n`);
    this.n = options.n;
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== 1) throw shapeError(this, '[features]', inputShape, 'Use flatten() before it.');
    return [this.n, inputShape[0]!];
  }

  call(x: Tensor): Tensor {
    return broadcast(x, [x.shape[0]!, this.n, x.shape[1]!], [0, 2]);
  }

  protected options(): Record<string, unknown> {
    return { n: this.n };
  }
}
