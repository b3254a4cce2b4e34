/** The element types of a tensor. `bool` is stored as an int32 of 0 or 1. */
export type DType = 'float32' | 'int32' | 'bool';

/** A static shape: one non-negative integer for each axis; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of `shape`. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** `[2,3]`, as every message prints a shape. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

/** Throws unless every extent is a non-negative safe integer. */
export function checkShape(shape: Shape, where: string): void {
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0) {
      throw new RangeError(
        `${where}: a shape holds non-negative integers; received ${formatShape(shape)}. Check the extent ${extent}.`,
      );
    }
  }
}

/** The axis counted from the front; negative axes count from the end, as in NumPy. */
export function normalizeAxis(axis: number, rank: number, where: string): number {
  const normalized = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normalized < 0 || normalized >= rank) {
    throw new RangeError(`${where}: expected an axis in [${-rank}, ${rank - 1}]; received ${axis}.`);
  }
  return normalized;
}
