import { type Affine, binary, type Expr, float, int, select } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Example, Op, Operand } from '../ir/op.ts';
import { formatShape, normalizeAxis, type Shape, sameShape, sizeOf } from '../ir/shape.ts';
import type { Aval, NumericArray, Tensor } from '../ir/tensor.ts';
import { unitIndex } from './broadcast.ts';
import { checkCount } from './define.ts';

export interface GatherAttrs {
  /** The axis of the table that the indices count along. */
  readonly axis: number;
  /** What an index outside of the table gives; NaN by default, so that a wrong index is seen. */
  readonly fill: number;
}

export interface ScatterAddAttrs {
  readonly axis: number;
  /** Extent of the result along `axis`. */
  readonly extent: number;
}

/**
 * y[b…, i…, c…] = table[b…, index[i…], c…], with `axis` axes b before and the others c behind.
 * Adjoint of {@link scatterAddOp}: dtable[b…, index[i…], c…] += dy[b…, i…, c…].
 */
export const gatherOp: Op = {
  name: 'gather',
  doc: 'Takes the slices of a table that indices name: y[…, i…, …] = table[…, index[i…], …]; an index outside of the table gives `fill`.',
  infer(inputs, attrs) {
    checkCount('gather', inputs, 2);
    const [table, index] = inputs as [Aval, Aval];
    const { axis } = attrs as GatherAttrs;
    checkIndex('gather', index);
    if (table.dtype === 'bool') {
      throw new TypeError('gather: expected a table of float32 or int32; received bool. Use cast().');
    }
    if (!(axis >= 0 && axis < table.shape.length)) {
      throw new RangeError(
        `gather: expected an axis of the table ${formatShape(table.shape)}; received ${axis}.`,
      );
    }
    return { shape: table.shape.toSpliced(axis, 1, ...index.shape), dtype: table.dtype };
  },
  lower: {
    kind: 'generate',
    body(at, node, operand) {
      const { axis, fill } = node.attrs as GatherAttrs;
      const [table, index] = node.inputs as [Tensor, Tensor];
      const extent = table.shape[axis]!;
      const none = table.dtype === 'float32' ? float(fill) : int(fill);
      if (extent === 0) return none;
      const row = operand(1, at.slice(axis, axis + index.rank));
      const value = operand(0, [...at.slice(0, axis), inside(row, extent), ...at.slice(axis + index.rank)]);
      return select(isInside(row, extent), value, none);
    },
  },
  reference([table, index], node, out) {
    const { axis, fill } = node.attrs as GatherAttrs;
    const [x, i] = node.inputs as [Tensor, Tensor];
    out.fill(x.dtype === 'int32' ? fill | 0 : fill);
    forEachSlice(index!, i, x.shape, axis, (from, to, length) => {
      out.set(table!.subarray(to, to + length), from);
    });
  },
  vjp(node, dy) {
    const [table, index] = node.inputs as [Tensor, Tensor];
    if (table.dtype !== 'float32') return [undefined, undefined];
    const { axis } = node.attrs as GatherAttrs;
    return [scatterAdd(index, dy, { axis, extent: table.shape[axis]! }), undefined];
  },
  examples: [
    ...[
      { table: [5, 8], index: [7], axis: 0 },
      { table: [6, 3], index: [2, 4], axis: 0 },
      { table: [9], index: [3, 5], axis: 0 },
      { table: [3, 4, 2], index: [5], axis: 1 },
      { table: [2, 7], index: [2, 3], axis: 1 },
      { table: [40, 33], index: [300], axis: 0 },
      { table: [4, 5], index: [], axis: 0 },
    ].map(
      ({ table, index, axis }): Example => ({
        inputs: [{ shape: table }, { shape: index, dtype: 'int32', range: [0, table[axis]! - 1] }],
        attrs: { axis, fill: Number.NaN },
      }),
    ),
    {
      inputs: [{ shape: [3, 2] }, { shape: [4], dtype: 'int32', values: [-1, 2, 3, 0] }],
      attrs: { axis: 0, fill: 0 },
    },
    {
      inputs: [{ shape: [3, 2] }, { shape: [4], dtype: 'int32', values: [-1, 2, 3, 0] }],
      attrs: { axis: 0, fill: Number.NaN },
      differentiable: false,
    },
    {
      inputs: [
        { shape: [3, 2], dtype: 'int32', range: [-9, 9] },
        { shape: [3], dtype: 'int32', values: [2, 2, 2 ** 31 - 1] },
      ],
      attrs: { axis: 0, fill: -7 },
    },
    { inputs: [{ shape: [3] }, { shape: [2] }], attrs: { axis: 0, fill: 0 }, error: 'int32' },
    {
      inputs: [{ shape: [3] }, { shape: [2], dtype: 'int32' }],
      attrs: { axis: 1, fill: 0 },
      error: 'axis',
    },
  ],
};

/**
 * y[b…, index[i…], c…] += x[b…, i…, c…], and 0 where no index leads; indices outside of the result are left out.
 * Adjoint of {@link gatherOp} with fill 0. Where indices meet, their slices are added in row-major order of i: work is
 * divided along b and c only, so the sum is the same for any number of threads.
 */
export const scatterAddOp: Op = {
  name: 'scatterAdd',
  doc: 'Adds slices at the places that indices name: y[…, index[i…], …] += x[…, i…, …]; an index outside adds nothing.',
  infer(inputs, attrs) {
    checkCount('scatterAdd', inputs, 2);
    const [index, x] = inputs as [Aval, Aval];
    const { axis, extent } = attrs as ScatterAddAttrs;
    checkIndex('scatterAdd', index);
    if (x.dtype !== 'float32') {
      throw new TypeError(`scatterAdd: expected float32 values; received ${x.dtype}. Use cast().`);
    }
    const rank = index.shape.length;
    if (!(axis >= 0) || !sameShape(x.shape.slice(axis, axis + rank), index.shape)) {
      throw new RangeError(
        `scatterAdd: expected values with the axes ${formatShape(index.shape)} of the indices from axis ${axis} on; received ${formatShape(x.shape)}.`,
      );
    }
    return { shape: x.shape.toSpliced(axis, rank, extent), dtype: 'float32' };
  },
  lower: {
    kind: 'nest',
    nest(node) {
      const { axis, extent } = node.attrs as ScatterAddAttrs;
      const [index, x] = node.inputs as [Tensor, Tensor];
      const at = unitIndex(x.rank);
      const rows = at.slice(axis, axis + index.rank);
      const origin: Affine = { offset: 0, coefficients: x.shape.map(() => 0) };
      return {
        axes: x.shape,
        combine: 'sum',
        out: at.toSpliced(axis, index.rank, origin),
        body: () => float(0),
        direct: [],
        scatter: {
          offsets: [node.shape.map(() => 0)],
          values: (operand) => [select(isInside(operand(0, rows), extent), operand(1, at), float(0))],
          computed: { axis, place: (operand: Operand) => inside(operand(0, rows), extent) },
        },
      };
    },
  },
  reference([index, x], node, out) {
    const { axis } = node.attrs as ScatterAddAttrs;
    out.fill(0);
    forEachSlice(index!, node.inputs[0]!, node.shape, axis, (from, to, length) => {
      for (let c = 0; c < length; c++) out[to + c]! += x![from + c]!;
    });
  },
  vjp(node, dy) {
    const { axis } = node.attrs as ScatterAddAttrs;
    return [undefined, gather(dy, node.inputs[0]!, { axis, fill: 0 })];
  },
  examples: [
    ...[
      { x: [7, 8], index: [7], axis: 0, extent: 5 },
      { x: [2, 4, 3], index: [2, 4], axis: 0, extent: 6 },
      { x: [15], index: [15], axis: 0, extent: 4 },
      { x: [3, 5, 2], index: [5], axis: 1, extent: 4 },
      { x: [2, 6], index: [6], axis: 1, extent: 3 },
      { x: [300, 33], index: [300], axis: 0, extent: 40 },
    ].map(
      ({ x, index, axis, extent }): Example => ({
        inputs: [{ shape: index, dtype: 'int32', range: [0, extent - 1] }, { shape: x }],
        attrs: { axis, extent },
      }),
    ),
    {
      inputs: [{ shape: [4], dtype: 'int32', values: [-1, 2, 3, 2] }, { shape: [4, 2] }],
      attrs: { axis: 0, extent: 3 },
    },
    {
      inputs: [{ shape: [4], dtype: 'int32' }, { shape: [3, 2] }],
      attrs: { axis: 0, extent: 3 },
      error: 'axes [4] of the indices',
    },
    { inputs: [{ shape: [4] }, { shape: [4] }], attrs: { axis: 0, extent: 3 }, error: 'int32' },
  ],
};

/**
 * The slices of `table` along `axis` (0 by default) that `index` names: rows of a table, by their numbers. An index
 * outside of [0, extent) gives `fill`, NaN by default (and −2³¹ for int32, where there is no NaN).
 */
export function gather(
  table: Tensor,
  index: Tensor,
  { axis = 0, fill }: { readonly axis?: number; readonly fill?: number } = {},
): Tensor {
  const none = fill ?? (table.dtype === 'float32' ? Number.NaN : LOWEST_INTEGER);
  return apply(gatherOp, [table, index], {
    axis: normalizeAxis(axis, table.rank, 'gather'),
    fill: none,
  } satisfies GatherAttrs);
}

/** Slices of `x` added up at the places that `index` names along `axis` of a tensor of zeros. */
export function scatterAdd(index: Tensor, x: Tensor, attrs: ScatterAddAttrs): Tensor {
  return apply(scatterAddOp, [index, x], attrs);
}

const LOWEST_INTEGER = -(2 ** 31);

/** The index kept inside, so that no load or store can leave the table; what it leads to is then not used. */
function inside(index: Expr, extent: number): Expr {
  return binary('min', binary('max', index, int(0)), int(Math.max(0, extent - 1)));
}

function isInside(index: Expr, extent: number): Expr {
  return binary('and', binary('le', int(0), index), binary('lt', index, int(extent)));
}

function checkIndex(name: string, index: Aval): void {
  if (index.dtype !== 'int32') {
    throw new TypeError(`${name}: expected int32 indices; received ${index.dtype}. Use cast().`);
  }
}

/** Calls `visit` with the start in the gathered values, the start in the table, and the length of every slice inside. */
function forEachSlice(
  indices: NumericArray,
  index: Aval,
  table: Shape,
  axis: number,
  visit: (from: number, to: number, length: number) => void,
): void {
  const length = sizeOf(table.slice(axis + 1));
  const count = sizeOf(index.shape);
  const extent = table[axis]!;
  for (let b = 0; b < sizeOf(table.slice(0, axis)); b++) {
    for (let i = 0; i < count; i++) {
      const row = indices[i]!;
      if (row >= 0 && row < extent) visit((b * count + i) * length, (b * extent + row) * length, length);
    }
  }
}
