import { type Affine, binary, type Expr, float, int, select } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { formatShape, type Shape, sameShape } from '../ir/shape.ts';
import type { Aval, NumericArray, Tensor } from '../ir/tensor.ts';
import { unitIndex } from './broadcast.ts';
import { checkCount, checkFloat } from './define.ts';
import { forEachPlace, type WindowAttrs, windowIndex, windowOffsets, windowShape } from './window.ts';

export interface WindowSpreadAttrs extends WindowAttrs {
  /** Shape of the operand that the windows lie in. */
  readonly shape: Shape;
}

/**
 * y[o] = max x[stride·o + w] over the places w of a window.
 * dx[stride·o + w*] += dy[o], where w* is the first maximum of the window in row-major order.
 */
export const windowMaxOp: Op = {
  name: 'windowMax',
  doc: 'Maximum over sliding windows: y[o] = max_w x[stride·o + w]; ties count as their first place.',
  infer(inputs, attrs) {
    checkCount('windowMax', inputs, 1);
    checkFloat('windowMax', inputs);
    return { shape: windowShape('windowMax', inputs[0]!.shape, attrs as WindowAttrs), dtype: 'float32' };
  },
  lower: {
    kind: 'generate',
    body: (at, node, operand) => loads(at, node, operand).reduce((best, x) => binary('max', best, x)),
  },
  reference([x], node, out) {
    forEachPlace(node.inputs[0]!.shape, node.shape, node.attrs as WindowAttrs, (result, place, first) => {
      if (first || out[result]! < x![place]!) out[result] = x![place]!;
    });
  },
  vjp(node, dy) {
    const [x] = node.inputs as [Tensor];
    const attrs = node.attrs as WindowAttrs;
    return [windowPlace(windowArgmax(x, attrs), dy, { ...attrs, shape: x.shape })];
  },
  examples: [
    { inputs: [{ shape: [2, 4, 6, 3] }], attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] } },
    { inputs: [{ shape: [2, 5, 7, 8] }], attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] } },
    { inputs: [{ shape: [1, 5, 5, 4] }], attrs: { window: [1, 3, 3, 1], strides: [1, 2, 1, 1] } },
    {
      inputs: [{ shape: [1, 2, 2, 1], values: [3, 3, 3, 3] }],
      attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] },
      differentiable: false,
    },
    { inputs: [{ shape: [3] }], attrs: { window: [4], strides: [1] }, error: 'do not fit' },
  ],
};

/** i[o] = the number of the first maximum in the window of o, counted in row-major order. */
export const windowArgmaxOp: Op = {
  name: 'windowArgmax',
  doc: 'Which place of each window holds its (first) maximum, as int32; it has no gradient.',
  infer(inputs, attrs) {
    checkCount('windowArgmax', inputs, 1);
    checkFloat('windowArgmax', inputs);
    return { shape: windowShape('windowArgmax', inputs[0]!.shape, attrs as WindowAttrs), dtype: 'int32' };
  },
  lower: {
    kind: 'generate',
    body(at, node, operand) {
      const [first, ...others] = loads(at, node, operand);
      let best = first!;
      let winner: Expr = int(0);
      others.forEach((x, i) => {
        winner = select(binary('lt', best, x), int(i + 1), winner);
        best = binary('max', best, x);
      });
      return winner;
    },
  },
  reference([x], node, out) {
    const best: number[] = [];
    let number = 0;
    forEachPlace(node.inputs[0]!.shape, node.shape, node.attrs as WindowAttrs, (result, place, first) => {
      number = first ? 0 : number + 1;
      if (first || best[result]! < x![place]!) {
        best[result] = x![place]!;
        out[result] = number;
      }
    });
  },
  vjp: () => [undefined],
  examples: [
    { inputs: [{ shape: [2, 4, 6, 3] }], attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] } },
    { inputs: [{ shape: [1, 5, 5, 4] }], attrs: { window: [1, 3, 3, 1], strides: [1, 2, 1, 1] } },
    {
      inputs: [{ shape: [1, 2, 4, 1], values: [1, 1, 0, 2, 1, 1, 2, 2] }],
      attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] },
    },
    { inputs: [{ shape: [3] }], attrs: { window: [4], strides: [1] }, error: 'do not fit' },
  ],
};

/**
 * y[stride·o + w_i[o]] += x[o]: each value goes to one place of its window, and all other places are 0; linear in x.
 * Adjoint of {@link windowPickOp}.
 */
export const windowPlaceOp: Op = {
  name: 'windowPlace',
  doc: 'Adds each value at the place of its window that an index names: y[stride·o + w_i[o]] += x[o].',
  infer(inputs, attrs) {
    checkCount('windowPlace', inputs, 2);
    const [index, x] = inputs as [Aval, Aval];
    const { shape } = attrs as WindowSpreadAttrs;
    checkIndex('windowPlace', index, windowShape('windowPlace', shape, attrs as WindowAttrs));
    checkFloat('windowPlace', [x]);
    if (!sameShape(index.shape, x.shape)) {
      throw new RangeError(
        `windowPlace: expected a value for each of ${formatShape(index.shape)} windows; received ${formatShape(x.shape)}.`,
      );
    }
    return { shape, dtype: 'float32' };
  },
  lower: {
    kind: 'nest',
    nest(node) {
      const attrs = node.attrs as WindowSpreadAttrs;
      const results = node.inputs[0]!.shape;
      const at = unitIndex(results.length);
      const offsets = windowOffsets(attrs);
      return {
        axes: results,
        combine: 'sum',
        out: windowIndex(
          at,
          attrs,
          attrs.window.map(() => 0),
        ),
        body: () => float(0),
        direct: [],
        scatter: {
          offsets,
          values(operand) {
            const [index, x] = [operand(0, at), operand(1, at)];
            return offsets.map((_, i) => select(binary('eq', index, int(i)), x, float(0)));
          },
        },
      };
    },
  },
  reference([index, x], node, out) {
    out.fill(0);
    forEachNamed(index!, node.inputs[0]!.shape, node.shape, node.attrs as WindowAttrs, (result, place) => {
      out[place]! += x![result]!;
    });
  },
  vjp(node, dy) {
    const { window, strides } = node.attrs as WindowSpreadAttrs;
    return [undefined, windowPick(node.inputs[0]!, dy, { window, strides })];
  },
  examples: [
    {
      inputs: [{ shape: [2, 2, 3, 3], dtype: 'int32', range: [0, 3] }, { shape: [2, 2, 3, 3] }],
      attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1], shape: [2, 4, 6, 3] },
    },
    {
      inputs: [{ shape: [2, 2, 3, 8], dtype: 'int32', range: [0, 3] }, { shape: [2, 2, 3, 8] }],
      attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1], shape: [2, 5, 7, 8] },
    },
    {
      inputs: [{ shape: [1, 2, 3, 4], dtype: 'int32', range: [0, 8] }, { shape: [1, 2, 3, 4] }],
      attrs: { window: [1, 3, 3, 1], strides: [1, 2, 1, 1], shape: [1, 5, 5, 4] },
    },
    {
      inputs: [{ shape: [2], dtype: 'int32' }, { shape: [3] }],
      attrs: { window: [2], strides: [2], shape: [4] },
      error: 'a value for each',
    },
  ],
};

/** y[o] = x[stride·o + w_i[o]]: the value at one place of each window. Adjoint of {@link windowPlaceOp}. */
export const windowPickOp: Op = {
  name: 'windowPick',
  doc: 'The value at the place of each window that an index names: y[o] = x[stride·o + w_i[o]].',
  infer(inputs, attrs) {
    checkCount('windowPick', inputs, 2);
    const [index, x] = inputs as [Aval, Aval];
    checkFloat('windowPick', [x]);
    const shape = windowShape('windowPick', x.shape, attrs as WindowAttrs);
    checkIndex('windowPick', index, shape);
    return { shape, dtype: 'float32' };
  },
  lower: {
    kind: 'generate',
    body(at, node, operand) {
      const index = operand(0, at);
      const attrs = node.attrs as WindowAttrs;
      const values = windowOffsets(attrs).map((offset) => operand(1, windowIndex(at, attrs, offset)));
      return values.reduce((picked, x, i) => select(binary('eq', index, int(i)), x, picked), float(0));
    },
  },
  reference([index, x], node, out) {
    forEachNamed(index!, node.shape, node.inputs[1]!.shape, node.attrs as WindowAttrs, (result, place) => {
      out[result] = x![place]!;
    });
  },
  vjp(node, dy) {
    const [index, x] = node.inputs as [Tensor, Tensor];
    return [undefined, windowPlace(index, dy, { ...(node.attrs as WindowAttrs), shape: x.shape })];
  },
  examples: [
    {
      inputs: [{ shape: [2, 2, 3, 3], dtype: 'int32', range: [0, 3] }, { shape: [2, 4, 6, 3] }],
      attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] },
    },
    {
      inputs: [{ shape: [2], dtype: 'int32' }, { shape: [3] }],
      attrs: { window: [2], strides: [2] },
      error: 'windows',
    },
  ],
};

/**
 * Maxima over sliding windows; no padding.
 * max f(x) is made as f(max x) where f does not decrease (a ReLU), which does f once a window, not once a place.
 */
export function windowMax(x: Tensor, attrs: WindowAttrs): Tensor {
  const [first, ...others] = x.inputs;
  if (first && x.op.monotone && others.every((other) => other.op.uniform)) {
    const result = windowMax(first, attrs);
    const uniform = others.map((y) => apply(y.op, [], { ...(y.attrs as object), shape: result.shape }));
    return apply(x.op, [result, ...uniform], x.attrs);
  }
  return apply(windowMaxOp, [x], attrs);
}

/** The number of the first maximum of each window. */
export function windowArgmax(x: Tensor, attrs: WindowAttrs): Tensor {
  return apply(windowArgmaxOp, [x], attrs);
}

/** Adds each element of `x` at the place of its window that `index` names. */
export function windowPlace(index: Tensor, x: Tensor, attrs: WindowSpreadAttrs): Tensor {
  return apply(windowPlaceOp, [index, x], attrs);
}

/** The elements of `x` at the places of the windows that `index` names. */
export function windowPick(index: Tensor, x: Tensor, attrs: WindowAttrs): Tensor {
  return apply(windowPickOp, [index, x], attrs);
}

type Operand = (input: number, index: readonly Affine[]) => Expr;

/** The elements of one window of the first operand, in row-major order. */
function loads(at: readonly Affine[], node: Tensor, operand: Operand): Expr[] {
  const attrs = node.attrs as WindowAttrs;
  return windowOffsets(attrs).map((offset) => operand(0, windowIndex(at, attrs, offset)));
}

function checkIndex(name: string, index: Aval, windows: Shape): void {
  if (index.dtype !== 'int32' || !sameShape(index.shape, windows)) {
    throw new RangeError(
      `${name}: expected int32${formatShape(windows)}, an index for each of the windows; received ${index.dtype}${formatShape(index.shape)}.`,
    );
  }
}

/** Calls `visit(result, place)` with the place of each window that the index names; others name none. */
function forEachNamed(
  index: NumericArray,
  results: Shape,
  shape: Shape,
  attrs: WindowAttrs,
  visit: (result: number, place: number) => void,
): void {
  let number = 0;
  forEachPlace(shape, results, attrs, (result, place, first) => {
    number = first ? 0 : number + 1;
    if (index[result] === number) visit(result, place);
  });
}
