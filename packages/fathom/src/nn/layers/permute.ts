import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { transpose } from '../../ops/index.ts';
import { Layer, type LayerOptions, shapeError } from '../layer.ts';

export interface PermuteOptions extends LayerOptions {
  /** For each axis of the result, which axis of the sample lies there, counted from 1 (0 is the batch). */
  readonly dims: readonly number[];
}

/**
 * Exchanges the axes of a sample: with dims [2, 1], y[i, j] = x[j, i].
 *
 * Shapes [A, B] → [B, A] for dims [2, 1]. No weights.
 *
 * @throws RangeError when dims is no permutation of 1, 2, … or has another length than the shape of a sample
 * @example
 * layers.permute({ dims: [2, 1], inputShape: [10, 64] }); // → [64, 10]
 */
export function permute(options: PermuteOptions): Permute {
  return new Permute(options);
}

export class Permute extends Layer {
  readonly type = 'permute';
  readonly dims: readonly number[];

  constructor(options: PermuteOptions) {
    super(options);
    const dims: unknown = options.dims;
    const sorted = Array.isArray(dims) ? dims.toSorted((a: number, b: number) => a - b) : [];
    if (sorted.length === 0 || sorted.some((axis, i) => axis !== i + 1)) {
      throw new RangeError(
        `${options.name ?? 'permute'}: dims: expected the axes of a sample from 1 on, each once, as in [2, 1]; received ${JSON.stringify(dims)}.`,
      );
    }
    this.dims = options.dims;
  }

  build(inputShape: Shape): Shape {
    if (inputShape.length !== this.dims.length) {
      throw shapeError(
        this,
        `with ${this.dims.length} axes`,
        inputShape,
        'Give dims one entry for each axis.',
      );
    }
    return this.dims.map((axis) => inputShape[axis - 1]!);
  }

  call(x: Tensor): Tensor {
    return transpose(x, [0, ...this.dims]);
  }

  protected options(): Record<string, unknown> {
    return { dims: [...this.dims] };
  }
}
