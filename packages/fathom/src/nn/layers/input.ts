import { checkShape, type DType, formatShape, type Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { Layer, type LayerOptions } from '../layer.ts';
import { drawCall, type SymbolicTensor } from '../symbolic.ts';

export interface InputOptions extends Omit<LayerOptions, 'inputShape'> {
  /** Of one sample, without the batch. */
  readonly shape: Shape;
  /** 'int32' for class numbers, words and the like. Default 'float32'. */
  readonly dtype?: DType | undefined;
}

/**
 * Where a network begins: a tensor that stands for samples of the given shape, for layers to be called on. In
 * `sequential` it states the shape of a sample, as `inputShape` of the first layer does.
 *
 * @throws RangeError on a shape with an extent that is not positive
 * @example
 * const x = input({ shape: [784] });
 * const network = model({ inputs: x, outputs: dense({ units: 10, activation: 'softmax' })(x) });
 */
export function input(options: InputOptions): SymbolicTensor {
  return new Input(options).tensor;
}

export class Input extends Layer {
  readonly type = 'input';
  readonly dtype: DType;
  /** What stands for the samples. */
  readonly tensor: SymbolicTensor;

  constructor(options: InputOptions) {
    const { shape, dtype = 'float32', ...others } = options;
    checkShape(shape, 'input: shape');
    if (shape.some((extent) => extent === 0)) {
      throw new RangeError(
        `input: shape: expected positive extents; received ${formatShape(shape)}. Give the shape of one sample, without the batch.`,
      );
    }
    super({ ...others, inputShape: shape });
    this.dtype = dtype;
    this.buildFor([shape]);
    this.tensor = drawCall(this, [], [shape], undefined, dtype).outputs[0]!;
  }

  /** What models end or begin at. */
  override get output(): SymbolicTensor {
    return this.tensor;
  }

  build(inputShape: Shape): Shape {
    return inputShape;
  }

  call(x: Tensor): Tensor {
    return x;
  }

  protected options(): Record<string, unknown> {
    return { shape: [...this.inputShape!], ...(this.dtype === 'float32' ? {} : { dtype: this.dtype }) };
  }
}
