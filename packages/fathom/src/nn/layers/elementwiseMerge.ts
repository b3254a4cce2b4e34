import { formatShape, type Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { reshape } from '../../ops/index.ts';
import { type CallContext, MergeLayer } from '../layer.ts';
import { mergeMasks } from './mergeMasks.ts';

/** What merges share that work element by element: shapes that repeat where an extent is 1. */
export abstract class ElementwiseMerge extends MergeLayer {
  override readonly supportsMasking = true;
  /** So many tensors can be merged at most. */
  protected readonly most: number = Number.POSITIVE_INFINITY;

  build(inputShapes: readonly Shape[]): Shape {
    if (inputShapes.length < 2 || inputShapes.length > this.most) {
      throw new RangeError(
        `${this.name}: expected ${this.most === 2 ? 'two tensors' : 'two tensors or more'}, as in ${this.type}()([a, b]); received ${inputShapes.length}.`,
      );
    }
    return inputShapes.reduce((a, b) => this.#together(a, b, inputShapes));
  }

  call(xs: readonly Tensor[], context: CallContext): Tensor {
    const rank = Math.max(...xs.map((x) => x.rank));
    const result = this.combine(xs.map((x) => withRank(x, rank)));
    mergeMasks(xs, result, context);
    return result;
  }

  /** The result for tensors of one rank, whose axes repeat where their extent is 1. */
  protected abstract combine(xs: readonly Tensor[]): Tensor;

  protected options(): Record<string, unknown> {
    return {};
  }

  #together(a: Shape, b: Shape, all: readonly Shape[]): Shape {
    if (a.length < b.length) return this.#together(b, a, all);
    return a.map((extent, d) => {
      const other = b[d - a.length + b.length] ?? 1;
      if (extent === other || other === 1) return extent;
      if (extent === 1) return other;
      throw new RangeError(
        `${this.name}: expected samples of one shape, but for axes of extent 1; received ${all.map(formatShape).join(' and ')}. Make them equal, as with dense(), conv2d() of size 1, or reshape().`,
      );
    });
  }
}

/** The same values with axes of extent 1 between the batch and the first axis of a sample. */
function withRank(x: Tensor, rank: number): Tensor {
  const missing = new Array<number>(rank - x.rank).fill(1);
  return missing.length === 0 ? x : reshape(x, [x.shape[0]!, ...missing, ...x.shape.slice(1)]);
}
