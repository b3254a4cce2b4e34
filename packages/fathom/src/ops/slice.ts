import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { formatShape, type Shape, stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkCount } from './define.ts';

/** One entry for each axis. */
export interface SliceAttrs {
  readonly start: readonly number[];
  readonly size: readonly number[];
  /** Steps between the elements taken; positive. */
  readonly step: readonly number[];
}

/** One entry for each axis. */
export interface PadAttrs {
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Elements set between neighbours. */
  readonly interior: readonly number[];
  readonly value: number;
}

/**
 * y[i] = x[start + step·i].
 * Adjoint of {@link padOp} with value 0: dx is dy with zeros at the places that were left out.
 */
export const sliceOp: Op = {
  name: 'slice',
  doc: 'A regular part of a tensor: y[i] = x[start + step·i] for i below size.',
  infer(inputs, attrs) {
    checkCount('slice', inputs, 1);
    const { start, size, step } = attrs as SliceAttrs;
    const { shape, dtype } = inputs[0]!;
    const inside = shape.every(
      (extent, d) =>
        start[d]! >= 0 &&
        step[d]! >= 1 &&
        size[d]! >= 0 &&
        (size[d] === 0 || start[d]! + (size[d]! - 1) * step[d]! < extent),
    );
    if (start.length !== shape.length || !inside) {
      throw new RangeError(
        `slice: start ${formatShape(start)}, size ${formatShape(size)}, step ${formatShape(step)} reach outside ${formatShape(shape)}.`,
      );
    }
    return { shape: size, dtype };
  },
  lower: {
    kind: 'index',
    map(at, node) {
      const { start, step } = node.attrs as SliceAttrs;
      return at.map(({ offset, coefficients }, d) => ({
        offset: start[d]! + step[d]! * offset,
        coefficients: coefficients.map((c) => c * step[d]!),
      }));
    },
  },
  reference([x], node, out) {
    const { start, step } = node.attrs as SliceAttrs;
    const map = regionMap(node.shape, node.inputs[0]!.shape, start, step);
    for (let i = 0; i < out.length; i++) out[i] = x![map(i)]!;
  },
  vjp(node, dy) {
    const { start, size, step } = node.attrs as SliceAttrs;
    const { shape } = node.inputs[0]!;
    const high = shape.map((extent, d) => extent - start[d]! - Math.max(0, (size[d]! - 1) * step[d]! + 1));
    return [pad(dy, { low: start, high, interior: step.map((s) => s - 1) })];
  },
  examples: [
    { inputs: [{ shape: [5, 6] }], attrs: { start: [1, 2], size: [3, 4], step: [1, 1] } },
    { inputs: [{ shape: [7, 3] }], attrs: { start: [0, 0], size: [4, 3], step: [2, 1] } },
    { inputs: [{ shape: [9] }], attrs: { start: [1], size: [3], step: [3] } },
    { inputs: [{ shape: [4] }], attrs: { start: [2], size: [3], step: [1] }, error: 'outside' },
  ],
};

/**
 * y[low + (interior + 1)·i] = x[i], and `value` elsewhere.
 * Adjoint of {@link sliceOp}: dx takes the places of dy that x went to; dvalue does not exist (a constant).
 */
export const padOp: Op = {
  name: 'pad',
  doc: 'Surrounds (and interleaves) a tensor with a constant: y[low + (interior+1)·i] = x[i].',
  infer(inputs, attrs) {
    checkCount('pad', inputs, 1);
    const { low, high, interior } = attrs as PadAttrs;
    const { shape, dtype } = inputs[0]!;
    if (dtype === 'bool') throw new TypeError('pad: expected float32 or int32; received bool. Use cast().');
    if (
      low.length !== shape.length ||
      [...low, ...high, ...interior].some((n) => !Number.isInteger(n) || n < 0)
    ) {
      throw new RangeError(
        `pad: expected a non-negative low, high and interior for each axis of ${formatShape(shape)}; received ${formatShape(low)}, ${formatShape(high)}, ${formatShape(interior)}.`,
      );
    }
    return {
      shape: shape.map((n, d) => low[d]! + high[d]! + n + Math.max(0, n - 1) * interior[d]!),
      dtype,
    };
  },
  lower: {
    kind: 'pieces',
    pieces(node) {
      const { low, interior, value } = node.attrs as PadAttrs;
      return [
        {
          start: low.map(() => 0),
          step: low.map(() => 1),
          extent: node.shape,
          source: { constant: value },
        },
        {
          start: low,
          step: interior.map((n) => n + 1),
          extent: node.inputs[0]!.shape,
          source: { input: 0 },
        },
      ];
    },
  },
  reference([x], node, out) {
    const { low, interior, value } = node.attrs as PadAttrs;
    const map = regionMap(
      node.inputs[0]!.shape,
      node.shape,
      low,
      interior.map((n) => n + 1),
    );
    out.fill(value);
    for (let i = 0; i < x!.length; i++) out[map(i)] = x![i]!;
  },
  linear: ({ attrs }) => (attrs as PadAttrs).value === 0,
  readBack: (node) => sliceOfPad(node, node),
  vjp: (node, dy) => [sliceOfPad(node, dy)],
  examples: [
    { inputs: [{ shape: [3, 4] }], attrs: { low: [1, 2], high: [0, 1], interior: [0, 0], value: 0 } },
    { inputs: [{ shape: [3, 4] }], attrs: { low: [0, 1], high: [1, 0], interior: [1, 2], value: -2 } },
    { inputs: [{ shape: [1] }], attrs: { low: [0], high: [5], interior: [3], value: 1 } },
    {
      inputs: [{ shape: [2] }],
      attrs: { low: [-1], high: [0], interior: [0], value: 0 },
      error: 'non-negative',
    },
  ],
};

/** The elements x[start + step·i] for i below `size`; `step` is 1 by default. */
export function slice(
  x: Tensor,
  start: readonly number[],
  size: Shape,
  step: readonly number[] = start.map(() => 1),
): Tensor {
  const whole = x.shape.every((extent, d) => start[d] === 0 && size[d] === extent && step[d] === 1);
  return whole ? x : apply(sliceOp, [x], { start, size, step } satisfies SliceAttrs);
}

/** What lies at the places of a pad's operand. */
function sliceOfPad(node: Tensor, x: Tensor): Tensor {
  const { low, interior } = node.attrs as PadAttrs;
  const step = interior.map((n) => n + 1);
  return slice(x, low, node.inputs[0]!.shape, step);
}

/** `x` surrounded by `value` (0 by default). */
export function pad(
  x: Tensor,
  {
    low,
    high,
    interior = low.map(() => 0),
    value = 0,
  }: {
    low: readonly number[];
    high: readonly number[];
    interior?: readonly number[];
    value?: number;
  },
): Tensor {
  if ([...low, ...high, ...interior].every((n) => n === 0)) return x;
  return apply(padOp, [x], { low, high, interior, value } satisfies PadAttrs);
}

/** Maps the flat index in `inner` to the flat index in `outer` of the place start + step·i. */
function regionMap(
  inner: Shape,
  outer: Shape,
  start: readonly number[],
  step: readonly number[],
): (i: number) => number {
  const innerStrides = stridesOf(inner);
  const outerStrides = stridesOf(outer);
  return (i) => {
    let place = 0;
    for (let d = 0; d < inner.length; d++) {
      const at = Math.floor(i / innerStrides[d]!) % inner[d]!;
      place += (start[d]! + step[d]! * at) * outerStrides[d]!;
    }
    return place;
  };
}
