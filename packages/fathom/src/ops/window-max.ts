import { type Affine, binary, type Expr, float, select } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { formatShape, sameShape } from '../ir/shape.ts';
import type { NumericArray, Tensor } from '../ir/tensor.ts';
import { unitIndex } from './broadcast.ts';
import { checkCount, checkFloat } from './define.ts';
import { zeros } from './full.ts';
import { forEachPlace, type WindowAttrs, windowIndex, windowOffsets, windowShape } from './window.ts';

/**
 * y[o] = max x[stride·o + w] over the places w of a window.
 * dx[stride·o + w*] += dy[o], where w* is the first maximum of the window in row-major order.
 */
export const windowMaxOp: Op = {
  name: 'windowMax',
  doc: 'Maximum over sliding windows: y[o] = max_w x[stride·o + w].',
  infer(inputs, attrs) {
    checkCount('windowMax', inputs, 1);
    checkFloat('windowMax', inputs);
    return { shape: windowShape('windowMax', inputs[0]!.shape, attrs as WindowAttrs), dtype: 'float32' };
  },
  lower: {
    kind: 'generate',
    body: (at, node, operand) => maximum(loads(at, node, operand, 0)),
  },
  reference([x], node, out) {
    forEachPlace(node.inputs[0]!.shape, node.shape, node.attrs as WindowAttrs, (result, place, first) => {
      if (first || out[result]! < x![place]!) out[result] = x![place]!;
    });
  },
  vjp(node, dy) {
    return [windowMaxSpread(node.inputs[0]!, dy, node.attrs as WindowAttrs)];
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

/**
 * dx[stride·o + w*] += dy[o]: each value goes to the first maximum of its window; linear in dy.
 * Adjoint (in dy) of {@link windowMaxPickOp}.
 */
export const windowMaxSpreadOp: Op = {
  name: 'windowMaxSpread',
  doc: 'Gradient of windowMax: each value of dy is added at the first maximum of its window of x.',
  infer(inputs, attrs) {
    checkCount('windowMaxSpread', inputs, 2);
    checkFloat('windowMaxSpread', inputs);
    const [x, dy] = inputs;
    const expected = windowShape('windowMaxSpread', x!.shape, attrs as WindowAttrs);
    if (!sameShape(expected, dy!.shape)) {
      throw new RangeError(
        `windowMaxSpread: ${formatShape(x!.shape)} has windows ${formatShape(expected)}; received dy ${formatShape(dy!.shape)}.`,
      );
    }
    return { shape: x!.shape, dtype: 'float32' };
  },
  lower: {
    kind: 'nest',
    nest(node) {
      const attrs = node.attrs as WindowAttrs;
      const results = node.inputs[1]!.shape;
      const at = unitIndex(results.length);
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
          offsets: windowOffsets(attrs),
          values(operand) {
            const dy = operand(1, at);
            return firstMaximum(loads(at, node, operand, 0)).map((winner) => select(winner, dy, float(0)));
          },
        },
      };
    },
  },
  reference([x, dy], node, out) {
    const winners = firstMaxima(x!, node.inputs[0]!.shape, node.inputs[1]!.shape, node.attrs as WindowAttrs);
    out.fill(0);
    winners.forEach((place, result) => {
      out[place]! += dy![result]!;
    });
  },
  vjp: (node, cotangent) => [
    zeros(node.shape),
    windowMaxPick(node.inputs[0]!, cotangent, node.attrs as WindowAttrs),
  ],
  examples: [
    {
      inputs: [{ shape: [2, 4, 6, 3] }, { shape: [2, 2, 3, 3] }],
      attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] },
    },
    {
      inputs: [{ shape: [2, 5, 7, 8] }, { shape: [2, 2, 3, 8] }],
      attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] },
    },
    {
      inputs: [{ shape: [1, 5, 5, 4] }, { shape: [1, 2, 3, 4] }],
      attrs: { window: [1, 3, 3, 1], strides: [1, 2, 1, 1] },
    },
    {
      inputs: [
        { shape: [1, 2, 4, 1], values: [1, 1, 0, 2, 1, 1, 2, 2] },
        { shape: [1, 1, 2, 1], values: [5, 7] },
      ],
      attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] },
      differentiable: false,
    },
    { inputs: [{ shape: [4] }, { shape: [3] }], attrs: { window: [2], strides: [2] }, error: 'windows' },
  ],
};

/** y[o] = z[stride·o + w*], the value of z where x has its first maximum. Adjoint of {@link windowMaxSpreadOp}. */
export const windowMaxPickOp: Op = {
  name: 'windowMaxPick',
  doc: 'The value of z at the first maximum of x in each window; linear in z.',
  infer(inputs, attrs) {
    checkCount('windowMaxPick', inputs, 2);
    checkFloat('windowMaxPick', inputs);
    const [x, z] = inputs;
    if (!sameShape(x!.shape, z!.shape)) {
      throw new RangeError(
        `windowMaxPick: expected operands of one shape; received ${formatShape(x!.shape)} and ${formatShape(z!.shape)}.`,
      );
    }
    return { shape: windowShape('windowMaxPick', x!.shape, attrs as WindowAttrs), dtype: 'float32' };
  },
  lower: {
    kind: 'generate',
    body(at, node, operand) {
      const winners = firstMaximum(loads(at, node, operand, 0));
      const values = loads(at, node, operand, 1);
      return values.reduce((sum, z, i) => select(winners[i]!, z, i === 0 ? float(0) : sum), float(0));
    },
  },
  reference([x, z], node, out) {
    const winners = firstMaxima(x!, node.inputs[0]!.shape, node.shape, node.attrs as WindowAttrs);
    winners.forEach((place, result) => {
      out[result] = z![place]!;
    });
  },
  vjp: (node, dy) => [
    zeros(node.inputs[0]!.shape),
    windowMaxSpread(node.inputs[0]!, dy, node.attrs as WindowAttrs),
  ],
  examples: [
    {
      inputs: [{ shape: [2, 4, 6, 3] }, { shape: [2, 4, 6, 3] }],
      attrs: { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] },
    },
    { inputs: [{ shape: [4] }, { shape: [3] }], attrs: { window: [2], strides: [2] }, error: 'one shape' },
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

/** Adds each element of `dy` at the first maximum of its window of `x`. */
export function windowMaxSpread(x: Tensor, dy: Tensor, attrs: WindowAttrs): Tensor {
  return apply(windowMaxSpreadOp, [x, dy], attrs);
}

/** The elements of `z` at the first maxima of `x`. */
export function windowMaxPick(x: Tensor, z: Tensor, attrs: WindowAttrs): Tensor {
  return apply(windowMaxPickOp, [x, z], attrs);
}

type Operand = (input: number, index: readonly Affine[]) => Expr;

function loads(at: readonly Affine[], node: Tensor, operand: Operand, input: number): Expr[] {
  const attrs = node.attrs as WindowAttrs;
  return windowOffsets(attrs).map((offset) => operand(input, windowIndex(at, attrs, offset)));
}

const maximum = (values: readonly Expr[]): Expr => values.reduce((best, x) => binary('max', best, x));

/** For each place of the window, whether it is the first maximum: exactly one holds. */
function firstMaximum(values: readonly Expr[]): Expr[] {
  const best = maximum(values);
  let before: Expr | undefined;
  return values.map((x) => {
    const equal = binary('eq', x, best);
    const first = before
      ? binary('and', equal, { kind: 'unary', dtype: 'bool', op: 'not', a: before })
      : equal;
    before = before ? binary('or', before, equal) : equal;
    return first;
  });
}

function firstMaxima(
  x: NumericArray,
  shape: readonly number[],
  results: readonly number[],
  attrs: WindowAttrs,
): number[] {
  const winners: number[] = [];
  forEachPlace(shape, results, attrs, (result, place, first) => {
    if (first || x[winners[result]!]! < x[place]!) winners[result] = place;
  });
  return winners;
}
