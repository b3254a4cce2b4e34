import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import type { Tensor } from '../ir/tensor.ts';
import {
  broadcast,
  checkAxes,
  complement,
  keepAxes,
  reduce,
  reductionAxes,
  sum,
  unitIndex,
} from './broadcast.ts';
import { cast } from './cast.ts';
import { checkCount } from './define.ts';
import { divide } from './divide.ts';
import { equal } from './equal.ts';
import { multiply } from './multiply.ts';

export interface MaxAttrs {
  readonly axes: readonly number[];
}

/**
 * y = max x over `axes`, which leave the shape.
 * dx = dy · [x = y] / (number of maxima): ties share the gradient, as in Keras' and PyTorch's amax.
 */
export const maxOp: Op = {
  name: 'max',
  doc: 'Maximum over axes, which leave the shape; ties share the gradient equally.',
  infer(inputs, attrs) {
    checkCount('max', inputs, 1);
    const { axes } = attrs as MaxAttrs;
    const { shape, dtype } = inputs[0]!;
    checkAxes('max', axes, shape);
    if (dtype !== 'float32') throw new TypeError(`max: expected float32; received ${dtype}. Use cast().`);
    if (axes.some((axis) => shape[axis] === 0)) {
      throw new RangeError('max: the maximum of no elements is undefined; an axis to reduce has extent 0.');
    }
    return { shape: shape.filter((_, axis) => !axes.includes(axis)), dtype };
  },
  lower: {
    kind: 'nest',
    nest(node) {
      const { axes } = node.attrs as MaxAttrs;
      const shape = node.inputs[0]!.shape;
      const at = unitIndex(shape.length);
      return {
        axes: shape,
        combine: 'max',
        out: at.filter((_, axis) => !axes.includes(axis)),
        body: (operand) => operand(0, at),
        direct: [],
      };
    },
  },
  reference([x], node, out) {
    // Math.max and Math.min treat NaN and −0 in another way.
    reduce(x!, node, (node.attrs as MaxAttrs).axes, out, -Infinity, (a, b) => (a < b ? b : a));
  },
  vjp(node, dy) {
    const { axes } = node.attrs as MaxAttrs;
    const x = node.inputs[0]!;
    const repeat = (y: Tensor) => broadcast(y, x.shape, complement(axes, x.rank));
    const winners = cast(equal(x, repeat(node)), 'float32');
    return [multiply(winners, repeat(divide(dy, sum(winners, axes))))];
  },
  examples: [
    { inputs: [{ shape: [4, 5] }], attrs: { axes: [1] } },
    { inputs: [{ shape: [4, 5] }], attrs: { axes: [0] } },
    { inputs: [{ shape: [2, 3, 4] }], attrs: { axes: [0, 2] } },
    { inputs: [{ shape: [3], values: [1, 1, 0] }], attrs: { axes: [0] }, differentiable: false },
    { inputs: [{ shape: [0] }], attrs: { axes: [0] }, error: 'no elements' },
  ],
};

/** Maximum over `axes` (all by default); with `keepDims` they stay with extent 1. */
export function max(x: Tensor, axes?: number | readonly number[], keepDims = false): Tensor {
  const over = reductionAxes(axes, x.rank, 'max');
  const result = over.length === 0 ? x : apply(maxOp, [x], { axes: over } satisfies MaxAttrs);
  return keepDims ? keepAxes(result, x.shape, over) : result;
}
