import type { Affine } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { NestSpec, Op } from '../ir/op.ts';
import { formatShape, type Shape, sameShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkCount, checkFloat } from './define.ts';
import { forEachPlace, type WindowAttrs, windowShape } from './window.ts';

export interface WindowSpreadAttrs extends WindowAttrs {
  /** Shape of the result. */
  readonly shape: Shape;
}

/** y[o] = Σ x[stride·o + w] over the places w of a window. Adjoint of {@link windowSpreadOp}. */
export const windowSumOp: Op = {
  name: 'windowSum',
  doc: 'Sum over sliding windows: y[o] = Σ_w x[stride·o + w].',
  infer(inputs, attrs) {
    checkCount('windowSum', inputs, 1);
    checkFloat('windowSum', inputs);
    return { shape: windowShape('windowSum', inputs[0]!.shape, attrs as WindowAttrs), dtype: 'float32' };
  },
  lower: {
    kind: 'nest',
    nest(node) {
      const { results, places } = windowSpace(node.shape, node.attrs as WindowAttrs);
      return spec(node.shape, node.attrs as WindowAttrs, results, places);
    },
  },
  reference([x], node, out) {
    out.fill(0);
    forEachPlace(node.inputs[0]!.shape, node.shape, node.attrs as WindowAttrs, (result, operand) => {
      out[result]! += x![operand]!;
    });
  },
  vjp(node, dy) {
    const { window, strides } = node.attrs as WindowAttrs;
    return [windowSpread(dy, { window, strides, shape: node.inputs[0]!.shape })];
  },
  examples: [
    { inputs: [{ shape: [2, 4, 6, 3] }], attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] } },
    { inputs: [{ shape: [2, 5, 5, 4] }], attrs: { window: [1, 3, 2, 1], strides: [1, 1, 2, 1] } },
    { inputs: [{ shape: [2, 3] }], attrs: { window: [1, 4], strides: [1, 1] }, error: 'do not fit' },
  ],
};

/** y[stride·o + w] += x[o] for every place w of every window. Adjoint of {@link windowSumOp}. */
export const windowSpreadOp: Op = {
  name: 'windowSpread',
  doc: 'Adds each value to all places of its window: y[stride·o + w] += x[o].',
  infer(inputs, attrs) {
    checkCount('windowSpread', inputs, 1);
    checkFloat('windowSpread', inputs);
    const { shape } = attrs as WindowSpreadAttrs;
    const expected = windowShape('windowSpread', shape, attrs as WindowAttrs);
    if (!sameShape(expected, inputs[0]!.shape)) {
      throw new RangeError(
        `windowSpread: ${formatShape(shape)} has windows ${formatShape(expected)}; received ${formatShape(inputs[0]!.shape)}.`,
      );
    }
    return { shape, dtype: 'float32' };
  },
  lower: {
    kind: 'nest',
    nest(node) {
      const from = node.inputs[0]!.shape;
      const { results, places } = windowSpace(from, node.attrs as WindowAttrs);
      return spec(from, node.attrs as WindowAttrs, places, results);
    },
  },
  reference([x], node, out) {
    out.fill(0);
    forEachPlace(node.shape, node.inputs[0]!.shape, node.attrs as WindowAttrs, (result, operand) => {
      out[operand]! += x![result]!;
    });
  },
  vjp(node, dy) {
    const { window, strides } = node.attrs as WindowSpreadAttrs;
    return [windowSum(dy, { window, strides })];
  },
  examples: [
    {
      inputs: [{ shape: [2, 2, 3, 3] }],
      attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1], shape: [2, 4, 7, 3] },
    },
    { inputs: [{ shape: [3, 4] }], attrs: { window: [2, 3], strides: [1, 2], shape: [4, 9] } },
    { inputs: [{ shape: [2] }], attrs: { window: [2], strides: [2], shape: [9] }, error: 'windows' },
  ],
};

/** Sums over sliding windows; no padding. */
export function windowSum(x: Tensor, attrs: WindowAttrs): Tensor {
  return apply(windowSumOp, [x], attrs);
}

/** Adds each element to all places of its window in a tensor of shape `attrs.shape`. */
export function windowSpread(x: Tensor, attrs: WindowSpreadAttrs): Tensor {
  return apply(windowSpreadOp, [x], attrs);
}

/** The space of (result, place in the window), and both index maps in it. */
function windowSpace(results: Shape, { strides }: WindowAttrs): { results: Affine[]; places: Affine[] } {
  const rank = results.length;
  const unit = (axis: number, c: number, other = -1) => {
    const coefficients = new Array<number>(2 * rank).fill(0);
    coefficients[axis] = c;
    if (other >= 0) coefficients[other] = 1;
    return { offset: 0, coefficients };
  };
  return {
    results: results.map((_, d) => unit(d, 1)),
    places: results.map((_, d) => unit(d, strides[d]!, rank + d)),
  };
}

function spec(results: Shape, { window }: WindowAttrs, out: Affine[], from: Affine[]): NestSpec {
  return {
    axes: [...results, ...window],
    combine: 'sum',
    out,
    body: (operand) => operand(0, from),
    direct: [],
  };
}
