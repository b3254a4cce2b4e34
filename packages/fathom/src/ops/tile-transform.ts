import { type Affine, binary, type Expr, float, fma } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { NestSpec, Op } from '../ir/op.ts';
import { formatShape, type Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { sum } from './broadcast.ts';
import { ContractAttrs, contract, type IndexMap } from './contract.ts';
import { checkCount, checkFloat } from './define.ts';
import { reshape } from './reshape.ts';

/** Dimension letters: B batch, H height, W width, C channels, I × J tiles, N × N values of a transformed tile. */
export interface TileAttrs {
  /** N rows, one for each transformed value, of as many columns as a tile is wide. */
  readonly matrix: readonly (readonly number[])[];
  /** Distance between neighbouring tiles. */
  readonly stride: number;
}

export interface AssembleAttrs extends TileAttrs {
  readonly height: number;
  readonly width: number;
}

/**
 * V[u,v,b,i,j,c] = Σ_r Σ_s T[u,r]·T[v,s]·x[b, stride·i + r, stride·j + s, c]: every tile D of a picture becomes
 * T·D·Tᵀ. Adjoint of {@link tileAssembleOp}.
 */
export const tileTransformOp: Op = {
  name: 'tileTransform',
  doc: 'Cuts pictures [B,H,W,C] into square tiles D and gives T·D·Tᵀ as [N,N,B,I,J,C].',
  infer(inputs, attrs) {
    checkCount('tileTransform', inputs, 1);
    checkFloat('tileTransform', inputs);
    const [batch, height, width, channels] = rank4('tileTransform', inputs[0]!.shape);
    const count = (extent: number) => tileCount('tileTransform', extent, attrs as TileAttrs);
    const n = (attrs as TileAttrs).matrix.length;
    return { shape: [n, n, batch, count(height), count(width), channels], dtype: 'float32' };
  },
  lower: {
    kind: 'nest',
    nest(node) {
      const attrs = node.attrs as TileAttrs;
      const size = attrs.matrix[0]!.length;
      const { axes, tile, place } = tileSpace(node.shape, attrs);
      const results = attrs.matrix.length;
      return {
        axes,
        combine: 'sum',
        out: [constant(0), constant(0), ...tile],
        body: () => float(0),
        direct: [],
        scatter: {
          offsets: grid(results).map(([u, v]) => [u!, v!, 0, 0, 0, 0]),
          values: (operand) =>
            transform(
              attrs.matrix,
              grid(size).map(([r, s]) => operand(0, place(r!, s!))),
            ),
        },
      } satisfies NestSpec;
    },
  },
  reference([x], node, out) {
    out.fill(0);
    forEachTerm(node.shape, node.inputs[0]!.shape, node.attrs as TileAttrs, (value, element, factor) => {
      out[value]! += factor * x![element]!;
    });
  },
  vjp(node, dy) {
    const { matrix, stride } = node.attrs as TileAttrs;
    const [, height, width] = node.inputs[0]!.shape;
    return [tileAssemble(dy, { matrix, stride, height: height!, width: width! })];
  },
  examples: [
    {
      inputs: [{ shape: [2, 6, 6, 5] }],
      attrs: {
        matrix: [
          [1, 0, -1],
          [0.5, 2, 0],
        ],
        stride: 3,
      },
    },
    {
      inputs: [{ shape: [1, 7, 9, 4] }],
      attrs: {
        matrix: [
          [1, 0, -1],
          [0, 1, 1],
          [0, -1, 1],
        ],
        stride: 2,
      },
    },
    { inputs: [{ shape: [1, 2, 6, 3] }], attrs: { matrix: [[1, 0, -1]], stride: 1 }, error: 'do not fit' },
  ],
};

/**
 * x[b, stride·i + r, stride·j + s, c] += Σ_u Σ_v T[u,r]·T[v,s]·V[u,v,b,i,j,c]: every V becomes Tᵀ·V·T and is added
 * where its tile lies. Adjoint of {@link tileTransformOp}.
 */
export const tileAssembleOp: Op = {
  name: 'tileAssemble',
  doc: 'Adds the tiles Tᵀ·V·T of [N,N,B,I,J,C] at their places in pictures [B,H,W,C].',
  infer(inputs, attrs) {
    checkCount('tileAssemble', inputs, 1);
    checkFloat('tileAssemble', inputs);
    const { height, width, matrix } = attrs as AssembleAttrs;
    const { shape } = inputs[0]!;
    const count = (extent: number) => tileCount('tileAssemble', extent, attrs as TileAttrs);
    const n = matrix.length;
    const fits = shape.length === 6 && shape[0] === n && shape[1] === n;
    if (!fits || shape[3] !== count(height) || shape[4] !== count(width)) {
      throw new RangeError(
        `tileAssemble: ${formatShape(shape)} is not the transform of pictures of ${height} × ${width}.`,
      );
    }
    return { shape: [shape[2]!, height, width, shape[5]!], dtype: 'float32' };
  },
  lower: {
    kind: 'nest',
    nest(node) {
      const attrs = node.attrs as AssembleAttrs;
      const size = attrs.matrix[0]!.length;
      const { axes, tile, place } = tileSpace(node.inputs[0]!.shape, attrs);
      const transposed = attrs.matrix[0]!.map((_, r) => attrs.matrix.map((row) => row[r]!));
      return {
        axes,
        combine: 'sum',
        out: place(0, 0),
        body: () => float(0),
        direct: [],
        scatter: {
          offsets: grid(size).map(([r, s]) => [0, r!, s!, 0]),
          values: (operand) =>
            transform(
              transposed,
              grid(attrs.matrix.length).map(([u, v]) => operand(0, [constant(u!), constant(v!), ...tile])),
            ),
        },
      } satisfies NestSpec;
    },
  },
  reference([v], node, out) {
    out.fill(0);
    forEachTerm(node.inputs[0]!.shape, node.shape, node.attrs as TileAttrs, (value, element, factor) => {
      out[element]! += factor * v![value]!;
    });
  },
  vjp(node, dy) {
    const { matrix, stride } = node.attrs as AssembleAttrs;
    return [tileTransform(dy, { matrix, stride })];
  },
  overParts(node, operands, parts) {
    const { attrs } = node.inputs[0]!;
    if (!(attrs instanceof ContractAttrs)) return undefined;
    const sums = contract(operands[0]!, operands[1]!, cutSamples(attrs, parts));
    const value = sum(tileAssemble(sums, node.attrs as AssembleAttrs), 0);
    return { value: reshape(value, node.shape), sums };
  },
  examples: [
    {
      inputs: [{ shape: [2, 2, 2, 2, 2, 5] }],
      attrs: {
        matrix: [
          [1, 0, -1],
          [0.5, 2, 0],
        ],
        stride: 3,
        height: 6,
        width: 7,
      },
    },
    {
      inputs: [{ shape: [3, 3, 1, 3, 4, 4] }],
      attrs: {
        matrix: [
          [1, 0, -1],
          [0, 1, 1],
          [0, -1, 1],
        ],
        stride: 2,
        height: 7,
        width: 9,
      },
    },
    {
      inputs: [{ shape: [1, 1, 1, 2, 2, 1] }],
      attrs: { matrix: [[1, 0, -1]], stride: 1, height: 9, width: 9 },
      error: 'not the transform',
    },
  ],
};

/** T·D·Tᵀ of every tile D of `x`. */
export function tileTransform(x: Tensor, attrs: TileAttrs): Tensor {
  return apply(tileTransformOp, [x], attrs);
}

/** Pictures in which the tiles Tᵀ·V·T have been added up. */
export function tileAssemble(v: Tensor, attrs: AssembleAttrs): Tensor {
  return apply(tileAssembleOp, [v], attrs);
}

/** T·D·Tᵀ as expressions, for D in row-major order: rows first, then columns, so that sums are shared. */
function transform(matrix: TileAttrs['matrix'], tile: readonly Expr[]): Expr[] {
  const size = matrix[0]!.length;
  const rows = matrix.map((row) =>
    Array.from({ length: size }, (_, s) => combination(row, (r) => tile[r * size + s]!)),
  );
  return rows.flatMap((row) => matrix.map((column) => combination(column, (s) => row[s]!)));
}

/** Σ coefficient·term, with 1 and −1 as plain sums and differences. */
function combination(coefficients: readonly number[], term: (i: number) => Expr): Expr {
  let sum: Expr | undefined;
  const positiveFirst = coefficients
    .map((coefficient, i) => ({ coefficient, i }))
    .filter(({ coefficient }) => coefficient !== 0)
    .sort((a, b) => Math.sign(b.coefficient) - Math.sign(a.coefficient));
  for (const { coefficient, i } of positiveFirst) {
    const x = term(i);
    if (!sum) sum = coefficient === 1 ? x : binary('mul', x, float(coefficient));
    else if (coefficient === 1) sum = binary('add', sum, x);
    else if (coefficient === -1) sum = binary('sub', sum, x);
    else sum = fma(x, float(coefficient), sum);
  }
  return sum ?? float(0);
}

/** The space of tiles [B,I,J,C] of a transformed shape: the index in it, and in the pictures. */
function tileSpace(shape: Shape, { stride }: TileAttrs) {
  const axes = shape.slice(2);
  const unit = (axis: number, factor: number, offset: number): Affine => ({
    offset,
    coefficients: axes.map((_, other) => (other === axis ? factor : 0)),
  });
  return {
    axes,
    tile: axes.map((_, axis) => unit(axis, 1, 0)),
    place: (r: number, s: number) => [unit(0, 1, 0), unit(1, stride, r), unit(2, stride, s), unit(3, 1, 0)],
  };
}

/** The axis of samples in [N,N,B,I,J,C]. */
const SAMPLES = 2;

/** Sums over all samples, cut into sums over one part of them each; the result has parts in place of the one sample. */
function cutSamples({ axes, a, b, out }: ContractAttrs, parts: number): ContractAttrs {
  const [[samples]] = a[SAMPLES] as readonly [readonly [number, number]];
  const length = axes[samples]!.size / parts;
  const part = axes.length;
  const cut = (map: IndexMap): IndexMap =>
    map.with(SAMPLES, [
      [part, length],
      [samples, 1],
    ]);
  return new ContractAttrs({
    axes: [...axes.with(samples, { ...axes[samples]!, size: length }), { name: 'part', size: parts }],
    a: cut(a),
    b: cut(b),
    out: out.with(SAMPLES, [[part, 1]]),
  });
}

const constant = (offset: number): Affine => ({ offset, coefficients: [0, 0, 0, 0] });

/** All pairs below n, in row-major order. */
function grid(n: number): number[][] {
  return Array.from({ length: n * n }, (_, i) => [Math.floor(i / n), i % n]);
}

function rank4(name: string, shape: Shape): [number, number, number, number] {
  if (shape.length !== 4) {
    throw new RangeError(
      `${name}: expected pictures [batch, height, width, channels]; received ${formatShape(shape)}.`,
    );
  }
  return [shape[0]!, shape[1]!, shape[2]!, shape[3]!];
}

function tileCount(name: string, extent: number, { matrix, stride }: TileAttrs): number {
  const size = matrix[0]!.length;
  if (extent < size) throw new RangeError(`${name}: tiles of ${size} do not fit into ${extent}.`);
  return Math.floor((extent - size) / stride) + 1;
}

/** Calls `visit(index in V, index in x, T[u,r]·T[v,s])` for all terms of the transform. */
function forEachTerm(
  transformed: Shape,
  pictures: Shape,
  { matrix, stride }: TileAttrs,
  visit: (value: number, element: number, factor: number) => void,
): void {
  const [n, , batch, tilesI, tilesJ, channels] = transformed as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [, height, width] = pictures as [number, number, number, number];
  const size = matrix[0]!.length;
  for (const [u, v] of grid(n) as [number, number][]) {
    for (const [r, s] of grid(size) as [number, number][]) {
      const factor = matrix[u]![r]! * matrix[v]![s]!;
      if (factor === 0) continue;
      for (let b = 0; b < batch; b++) {
        for (let i = 0; i < tilesI; i++) {
          for (let j = 0; j < tilesJ; j++) {
            const value = ((((u * n + v) * batch + b) * tilesI + i) * tilesJ + j) * channels;
            const element = ((b * height + stride * i + r) * width + stride * j + s) * channels;
            for (let c = 0; c < channels; c++) visit(value + c, element + c, factor);
          }
        }
      }
    }
  }
}
