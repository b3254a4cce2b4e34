import type { Tensor } from '../ir/tensor.ts';
import { addOp } from './add.ts';
import { concat, concatOp } from './concat.ts';
import type { FullAttrs } from './full.ts';
import { zeros } from './full.ts';
import { type PadAttrs, padOp } from './slice.ts';

/**
 * Tensors that are surrounded by zeros along one axis and added, each with its own place, are one concatenation:
 * pad(a) + pad(b) = [a, b]. Gradients of slices are such sums, as those of a recurrent layer's gates.
 */
export function joinPads(node: Tensor): Tensor | undefined {
  if (node.op !== addOp || node.dtype !== 'float32') return undefined;
  const [a, b] = node.inputs.map(partsOf);
  if (!a || !b || a.axis !== b.axis) return undefined;
  const { axis } = a;
  const parts = [...a.parts, ...b.parts].sort((p, q) => p.start - q.start);
  const pieces: Tensor[] = [];
  let end = 0;
  const gap = (until: number) => {
    if (until > end) pieces.push(zeros(node.shape.with(axis, until - end)));
  };
  for (const { start, x } of parts) {
    if (start < end) return undefined;
    gap(start);
    pieces.push(x);
    end = start + x.shape[axis]!;
  }
  gap(node.shape[axis]!);
  return concat(pieces, axis);
}

interface Parts {
  readonly axis: number;
  /** What is not zero, and where it begins. */
  readonly parts: readonly { readonly start: number; readonly x: Tensor }[];
}

/** A tensor as parts along one axis with zeros between them, if it is made so. */
function partsOf(node: Tensor): Parts | undefined {
  if (node.op === padOp) {
    const { low, high, interior, value } = node.attrs as PadAttrs;
    const padded = low.flatMap((n, axis) => (n > 0 || high[axis]! > 0 ? [axis] : []));
    const [axis] = padded;
    if (padded.length !== 1 || value !== 0 || interior.some((n) => n > 0)) return undefined;
    return { axis: axis!, parts: [{ start: low[axis!]!, x: node.inputs[0]! }] };
  }
  if (node.op !== concatOp) return undefined;
  const { axis } = node.attrs as { axis: number };
  const parts: { start: number; x: Tensor }[] = [];
  let start = 0;
  for (const x of node.inputs) {
    if (!isZero(x)) parts.push({ start, x });
    start += x.shape[axis]!;
  }
  return { axis, parts };
}

function isZero({ op, inputs, attrs }: Tensor): boolean {
  return op.uniform === true && inputs.length === 0 && (attrs as FullAttrs).value === 0;
}
