import { type Affine, binary } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { formatShape, type Shape, stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkCount } from './define.ts';

/** For each axis of an operand, its index as a sum of coefficient · iteration axis. */
export type IndexMap = readonly (readonly (readonly [axis: number, coefficient: number])[])[];

/**
 * An iteration space and how the two factors and the product lie in it.
 * A matrix product, a convolution, a depthwise convolution and a locally connected layer differ in nothing else.
 */
export class ContractAttrs {
  readonly axes: readonly { readonly name: string; readonly size: number }[];
  readonly a: IndexMap;
  readonly b: IndexMap;
  readonly out: IndexMap;
  /** Shape of the result; places that no iteration point reaches are 0. */
  readonly shape: Shape;

  constructor(spec: {
    axes: ContractAttrs['axes'];
    a: IndexMap;
    b: IndexMap;
    out: IndexMap;
    shape?: Shape;
  }) {
    this.axes = spec.axes;
    this.a = spec.a;
    this.b = spec.b;
    this.out = spec.out;
    this.shape = spec.shape ?? spec.out.map((terms) => extentOf(terms, spec.axes));
  }

  toText(): string {
    const indices = (map: IndexMap) =>
      `[${map.map((terms) => terms.map(([axis, c]) => (c === 1 ? '' : `${c}*`) + this.axes[axis]!.name).join('+') || '0').join(', ')}]`;
    const sizes = this.axes.map(({ name, size }) => `${name}:${size}`).join(' ');
    return `{${indices(this.out)} += a${indices(this.a)} * b${indices(this.b)} over ${sizes}}`;
  }
}

/**
 * y[out(i)] = Σ a[a(i)]·b[b(i)] over all points i of the iteration space.
 *
 * The form ⟨dy, y⟩ is trilinear in dy, a and b, so both gradients are contractions over the same space with the
 * maps exchanged: da = contract(dy, b) and db = contract(a, dy). A convolution's input gradient is the scatter
 * da[oh·s + kh, …] += dy[oh, …]·b[kh, …]; no padding with zeros and no dilated copy is ever made.
 */
export const contractOp: Op = {
  name: 'contract',
  doc: 'Sum of products over an affine iteration space: y[out(i)] = Σ a[a(i)]·b[b(i)].',
  infer(inputs, attrs) {
    checkCount('contract', inputs, 2);
    const { a, b, out, axes, shape } = attrs as ContractAttrs;
    const named = [
      { map: a, shape: inputs[0]!.shape, what: 'operand a' },
      { map: b, shape: inputs[1]!.shape, what: 'operand b' },
      { map: out, shape, what: 'the result' },
    ];
    for (const operand of named) {
      const fits =
        operand.map.length === operand.shape.length &&
        operand.map.every((terms, d) => extentOf(terms, axes) <= operand.shape[d]!);
      if (!fits) {
        throw new RangeError(
          `contract: ${operand.what} of shape ${formatShape(operand.shape)} is too small for ${(attrs as ContractAttrs).toText()}.`,
        );
      }
    }
    for (const input of inputs) {
      if (input.dtype !== 'float32') {
        throw new TypeError(`contract: expected float32 operands; received ${input.dtype}. Use cast().`);
      }
    }
    return { shape, dtype: 'float32' };
  },
  lower: {
    kind: 'nest',
    nest(node) {
      const { axes, a, b, out } = node.attrs as ContractAttrs;
      return {
        axes: axes.map(({ size }) => size),
        combine: 'sum',
        out: toAffine(out, axes.length),
        body: (operand) =>
          binary('mul', operand(0, toAffine(a, axes.length)), operand(1, toAffine(b, axes.length))),
        direct: [0, 1],
      };
    },
  },
  reference([a, b], node, out) {
    const attrs = node.attrs as ContractAttrs;
    const strides = (map: IndexMap, shape: Shape) => {
      const of = stridesOf(shape);
      return attrs.axes.map((_, axis) =>
        map.reduce(
          (total, terms, d) =>
            terms.reduce((t, [at, coefficient]) => t + (at === axis ? coefficient * of[d]! : 0), total),
          0,
        ),
      );
    };
    const aStrides = strides(attrs.a, node.inputs[0]!.shape);
    const bStrides = strides(attrs.b, node.inputs[1]!.shape);
    const outStrides = strides(attrs.out, node.shape);
    const last = attrs.axes.length - 1;
    out.fill(0);
    const visit = (axis: number, ia: number, ib: number, io: number) => {
      const size = attrs.axes[axis]!.size;
      const [sa, sb, so] = [aStrides[axis]!, bStrides[axis]!, outStrides[axis]!];
      for (let i = 0; i < size; i++) {
        if (axis === last) out[io + i * so]! += a![ia + i * sa]! * b![ib + i * sb]!;
        else visit(axis + 1, ia + i * sa, ib + i * sb, io + i * so);
      }
    };
    if (last >= 0) visit(0, 0, 0, 0);
    else out[0] = a![0]! * b![0]!;
  },
  vjp(node, dy) {
    const { axes, a: aMap, b: bMap, out } = node.attrs as ContractAttrs;
    const [a, b] = node.inputs as [Tensor, Tensor];
    return [
      contract(dy, b, { axes, a: out, b: bMap, out: aMap, shape: a.shape }),
      contract(a, dy, { axes, a: aMap, b: out, out: bMap, shape: b.shape }),
    ];
  },
  overStacks(node, [a, b], [aStacked, bStacked]) {
    const { axes, a: aMap, b: bMap, out, shape } = node.attrs as ContractAttrs;
    const length = (aStacked ? a! : b!).shape[0]!;
    const shifted = (map: IndexMap): IndexMap =>
      map.map((terms) => terms.map(([axis, coefficient]) => [axis + 1, coefficient] as const));
    const stack: IndexMap = [[[0, 1]]];
    return contract(a!, b!, {
      axes: [{ name: 't', size: length }, ...axes],
      a: [...(aStacked ? stack : []), ...shifted(aMap)],
      b: [...(bStacked ? stack : []), ...shifted(bMap)],
      out: shifted(out),
      shape,
    });
  },
  examples: [
    // matrix product [5,7]·[7,9]
    {
      inputs: [{ shape: [5, 7] }, { shape: [7, 9] }],
      attrs: new ContractAttrs({
        axes: [
          { name: 'm', size: 5 },
          { name: 'n', size: 9 },
          { name: 'k', size: 7 },
        ],
        a: [[[0, 1]], [[2, 1]]],
        b: [[[2, 1]], [[1, 1]]],
        out: [[[0, 1]], [[1, 1]]],
      }),
    },
    // convolution of [2,6,7,3] with [3,2,3,5], stride 2×1
    { inputs: [{ shape: [2, 6, 7, 3] }, { shape: [3, 2, 3, 5] }], attrs: convolutionExample(2, 1) },
    { inputs: [{ shape: [2, 8, 7, 3] }, { shape: [3, 2, 3, 5] }], attrs: convolutionExample(1, 2) },
    {
      inputs: [{ shape: [2, 3, 4] }, { shape: [2, 4, 2] }],
      attrs: new ContractAttrs({
        axes: [
          { name: 'g', size: 2 },
          { name: 'm', size: 3 },
          { name: 'n', size: 2 },
          { name: 'k', size: 4 },
        ],
        a: [[[0, 1]], [[1, 1]], [[3, 1]]],
        b: [[[0, 1]], [[3, 1]], [[2, 1]]],
        out: [[[0, 1]], [[1, 1]], [[2, 1]]],
      }),
    },
    {
      inputs: [{ shape: [5, 6] }, { shape: [7, 9] }],
      attrs: new ContractAttrs({
        axes: [
          { name: 'm', size: 5 },
          { name: 'n', size: 9 },
          { name: 'k', size: 7 },
        ],
        a: [[[0, 1]], [[2, 1]]],
        b: [[[2, 1]], [[1, 1]]],
        out: [[[0, 1]], [[1, 1]]],
      }),
      error: 'too small',
    },
  ],
};

/** Σ a·b over an affine iteration space; see {@link contractOp}. */
export function contract(a: Tensor, b: Tensor, spec: ConstructorParameters<typeof ContractAttrs>[0]): Tensor {
  return apply(contractOp, [a, b], new ContractAttrs(spec));
}

function extentOf(terms: IndexMap[number], axes: ContractAttrs['axes']): number {
  if (terms.some(([axis]) => axes[axis]!.size === 0)) return 0;
  return terms.reduce((extent, [axis, coefficient]) => extent + coefficient * (axes[axis]!.size - 1), 1);
}

function toAffine(map: IndexMap, rank: number): Affine[] {
  return map.map((terms) => {
    const coefficients = new Array<number>(rank).fill(0);
    for (const [axis, coefficient] of terms) coefficients[axis] = coefficient;
    return { offset: 0, coefficients };
  });
}

function convolutionExample(strideH: number, dilationH: number): ContractAttrs {
  const height = strideH === 2 ? 2 : 4;
  const [b, oh, ow, f, kh, kw, c] = [0, 1, 2, 3, 4, 5, 6];
  return new ContractAttrs({
    axes: [
      { name: 'b', size: 2 },
      { name: 'oh', size: height },
      { name: 'ow', size: 6 },
      { name: 'f', size: 5 },
      { name: 'kh', size: 3 },
      { name: 'kw', size: 2 },
      { name: 'c', size: 3 },
    ],
    a: [
      [[b, 1]],
      [
        [oh, strideH],
        [kh, dilationH],
      ],
      [
        [ow, 1],
        [kw, 1],
      ],
      [[c, 1]],
    ],
    b: [[[kh, 1]], [[kw, 1]], [[c, 1]], [[f, 1]]],
    out: [[[b, 1]], [[oh, 1]], [[ow, 1]], [[f, 1]]],
  });
}
