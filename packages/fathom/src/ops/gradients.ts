import { vjp } from '../ir/graph.ts';
import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add } from './add.ts';
import { ones, zeros } from './full.ts';

/**
 * ∂y/∂x for every x in `wrt`, as graph nodes, so that they can be differentiated again. `y` must be a scalar.
 *
 * @example
 * const x = input('x', [3]);
 * const [dx] = gradients(sum(multiply(x, x)), [x]); // 2x
 */
export function gradients(y: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (y.rank !== 0 || y.dtype !== 'float32') {
    throw new TypeError(
      `gradients: expected a float32 scalar; received ${y.dtype}${formatShape(y.shape)}. Sum or average it first.`,
    );
  }
  return vjp([y], [ones([])], wrt, { add, zeros });
}
