import { formatShape, type Shape, sizeOf } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { reshape as reshapeTensor } from '../../ops/index.ts';
import { Layer, type LayerOptions, shapeError } from '../layer.ts';

export interface ReshapeOptions extends LayerOptions {
  /** Of one sample; one extent may be −1 and is worked out. */
  readonly targetShape: Shape;
}

/**
 * The same values of a sample under another shape, in row-major order. No weights.
 *
 * @throws RangeError when the shapes hold different numbers of values
 * @example
 * layers.reshape({ targetShape: [28, 28, 1], inputShape: [784] });
 */
export function reshape(options: ReshapeOptions): Reshape {
  return new Reshape(options);
}

export class Reshape extends Layer {
  readonly type = 'reshape';
  readonly targetShape: Shape;

  constructor(options: ReshapeOptions) {
    super(options);
    const { targetShape } = options;
    const valid =
      Array.isArray(targetShape) &&
      targetShape.every((n: unknown) => n === -1 || (Number.isSafeInteger(n) && (n as number) >= 1)) &&
      targetShape.filter((n: unknown) => n === -1).length <= 1;
    if (!valid) {
      throw new RangeError(
        `${this.name}: expected targetShape, positive integers of which one may be -1; received ${JSON.stringify(targetShape)}.`,
      );
    }
    this.targetShape = targetShape;
  }

  build(inputShape: Shape): Shape {
    const known = sizeOf(this.targetShape.filter((extent) => extent !== -1));
    const rest = sizeOf(inputShape) / known;
    const shape = this.targetShape.map((extent) => (extent === -1 ? rest : extent));
    if (!Number.isInteger(rest) || sizeOf(shape) !== sizeOf(inputShape)) {
      throw shapeError(
        this,
        `as many values as ${formatShape(this.targetShape)}`,
        inputShape,
        `They have ${sizeOf(inputShape)}; change targetShape.`,
      );
    }
    return shape;
  }

  call(x: Tensor): Tensor {
    return reshapeTensor(x, [x.shape[0]!, ...this.outputShape!]);
  }

  protected options(): Record<string, unknown> {
    return { targetShape: [...this.targetShape] };
  }
}
