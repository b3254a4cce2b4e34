import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { formatShape, normalizeAxis, sizeOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { slice } from './slice.ts';

export interface ConcatAttrs {
  readonly axis: number;
}

export const concatOp: Op = {
  name: 'concat',
  doc: 'Tensors one after another along an axis.',
  infer(inputs, attrs) {
    const { axis } = attrs as ConcatAttrs;
    const first = inputs[0];
    if (!first) throw new TypeError('concat: expected at least one operand; received none.');
    let extent = 0;
    for (const { shape, dtype } of inputs) {
      const fits =
        shape.length === first.shape.length &&
        axis < shape.length &&
        shape.every((n, d) => d === axis || n === first.shape[d]);
      if (!fits || dtype !== first.dtype) {
        throw new RangeError(
          `concat: ${first.dtype}${formatShape(first.shape)} and ${dtype}${formatShape(shape)} differ in more than axis ${axis}.`,
        );
      }
      extent += shape[axis]!;
    }
    return { shape: first.shape.map((n, d) => (d === axis ? extent : n)), dtype: first.dtype };
  },
  lower: {
    kind: 'pieces',
    pieces(node) {
      const { axis } = node.attrs as ConcatAttrs;
      let at = 0;
      return node.inputs.map(({ shape }, input) => {
        const start = shape.map((_, d) => (d === axis ? at : 0));
        at += shape[axis]!;
        return { start, step: shape.map(() => 1), extent: shape, source: { input } };
      });
    },
  },
  reference(inputs, node, out) {
    const { axis } = node.attrs as ConcatAttrs;
    const outer = sizeOf(node.shape.slice(0, axis));
    let at = 0;
    for (let o = 0; o < outer; o++) {
      inputs.forEach((x, i) => {
        const run = sizeOf(node.inputs[i]!.shape.slice(axis));
        out.set(x.subarray(o * run, (o + 1) * run), at);
        at += run;
      });
    }
  },
  linear: () => true,
  vjp(node, dy) {
    const { axis } = node.attrs as ConcatAttrs;
    let at = 0;
    return node.inputs.map(({ shape }) => {
      const start = shape.map((_, d) => (d === axis ? at : 0));
      at += shape[axis]!;
      return slice(dy, start, shape);
    });
  },
  examples: [
    { inputs: [{ shape: [2, 3] }, { shape: [4, 3] }], attrs: { axis: 0 } },
    { inputs: [{ shape: [2, 3] }, { shape: [2, 5] }, { shape: [2, 1] }], attrs: { axis: 1 } },
    { inputs: [{ shape: [2, 3] }, { shape: [2, 4] }], attrs: { axis: 0 }, error: 'differ' },
  ],
};

/** The tensors one after another along `axis` (the last by default). */
export function concat(tensors: readonly Tensor[], axis = -1): Tensor {
  if (tensors.length === 1) return tensors[0]!;
  const rank = tensors[0]?.rank ?? 0;
  return apply(concatOp, tensors, { axis: normalizeAxis(axis, rank, 'concat') } satisfies ConcatAttrs);
}
