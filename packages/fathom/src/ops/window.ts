import type { Affine } from '../ir/expr.ts';
import { formatShape, type Shape, sizeOf, stridesOf } from '../ir/shape.ts';

/** Windows over every axis of a tensor, one entry each; axes without a window have 1 and 1. */
export interface WindowAttrs {
  readonly window: readonly number[];
  readonly strides: readonly number[];
}

/** Shape of one result for each window: ⌊(n − window) / stride⌋ + 1 in each axis. */
export function windowShape(name: string, shape: Shape, { window, strides }: WindowAttrs): number[] {
  const fits =
    window.length === shape.length &&
    strides.length === shape.length &&
    shape.every((n, d) => window[d]! >= 1 && strides[d]! >= 1 && window[d]! <= n);
  if (!fits) {
    throw new RangeError(
      `${name}: windows ${formatShape(window)} with strides ${formatShape(strides)} do not fit into ${formatShape(shape)}. Use a smaller window or pad.`,
    );
  }
  return shape.map((n, d) => Math.floor((n - window[d]!) / strides[d]!) + 1);
}

/** The places of one window in row-major order, as offsets from its first place. */
export function windowOffsets({ window }: WindowAttrs): number[][] {
  const strides = stridesOf(window);
  return Array.from({ length: sizeOf(window) }, (_, i) =>
    window.map((extent, d) => Math.floor(i / strides[d]!) % extent),
  );
}

/** Index in the operand of place `offset` of the window that belongs to result index `at`. */
export function windowIndex(
  at: readonly Affine[],
  { strides }: WindowAttrs,
  offset: readonly number[],
): Affine[] {
  return at.map((affine, d) => ({
    offset: affine.offset * strides[d]! + offset[d]!,
    coefficients: affine.coefficients.map((c) => c * strides[d]!),
  }));
}

/** Calls `visit(result, operand)` with flat indices for every place of every window, windows in row-major order. */
export function forEachPlace(
  shape: Shape,
  results: Shape,
  attrs: WindowAttrs,
  visit: (result: number, operand: number, first: boolean) => void,
): void {
  const strides = stridesOf(shape);
  const resultStrides = stridesOf(results);
  const flat = windowOffsets(attrs).map((offset) => offset.reduce((sum, o, d) => sum + o * strides[d]!, 0));
  for (let r = 0; r < sizeOf(results); r++) {
    let base = 0;
    for (let d = 0; d < shape.length; d++) {
      base += (Math.floor(r / resultStrides[d]!) % results[d]!) * attrs.strides[d]! * strides[d]!;
    }
    flat.forEach((offset, i) => {
      visit(r, base + offset, i === 0);
    });
  }
}
