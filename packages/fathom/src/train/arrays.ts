import { allFinite } from '../backends/finite.ts';
import { checkFinite, checkLabels } from '../data/dataset.ts';
import { DataError } from '../data/errors.ts';
import { formatShape, type Shape, sizeOf } from '../ir/shape.ts';

/** Typed arrays that hold data. */
export type NumericData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

/** Arrays of arrays of numbers; the innermost may be typed arrays. */
export type NestedNumbers = readonly number[] | readonly NumericData[] | readonly NestedNumbers[];

/** Values in row-major order with their shape, the samples along axis 0. */
export interface ShapedData {
  readonly data: NumericData | readonly number[];
  readonly shape: Shape;
}

/**
 * Data for a model, samples along the first axis: nested arrays, `{ data, shape }`, or a flat array, which is cut into
 * samples of the shape that the model expects. Bytes are taken as the numbers 0 … 255.
 */
export type ArrayInput = NumericData | NestedNumbers | ShapedData;

/** `count` samples of `size` values each, one after another. */
export interface Rows {
  readonly data: NumericData;
  readonly count: number;
  readonly size: number;
}

/**
 * The samples in `input`, checked against the shape that each must have.
 *
 * @throws DataError when there is none, when their shape is another, or when a value is NaN or infinite
 */
export function toRows(
  input: ArrayInput,
  sampleShape: Shape,
  where: string,
  fix = 'Reshape the data or change the model.',
): Rows {
  const { data, shape } = toShaped(input, where);
  const size = sizeOf(sampleShape);
  if (data.length === 0) {
    throw new DataError({
      what: 'there is no data',
      where,
      expected: `at least one sample of shape ${formatShape(sampleShape)}`,
      received: 'none',
      fix: 'Check how the data was read or split.',
    });
  }
  const fits = shape ? sameButOnes(shape.slice(1), sampleShape) : data.length % size === 0;
  if (!fits) {
    throw new DataError({
      what: 'the data has another shape than the model',
      where,
      expected: formatBatch(sampleShape),
      received: shape ? formatShape(shape) : `${data.length} values, which is no multiple of ${size}`,
      fix,
    });
  }
  checkAllFinite(data, sampleShape, where);
  return { data, count: data.length / size, size };
}

/** The rows from `start` up to, not including, `end`; shares memory. */
export function sliceRows({ data, size }: Rows, start: number, end: number): Rows {
  return { data: data.subarray(start * size, end * size), count: end - start, size };
}

/**
 * Class numbers, one for each row of targets.
 *
 * @throws DataError naming the first label that is not an integer in [0, classes)
 */
export function checkLabelRows(rows: Rows, classes: number, where: string, ignored?: number): void {
  checkLabels(rows.data, classes, where, ignored);
}

/** The shape that `input` says it has, with the samples along axis 0; flat arrays say nothing. */
export function statedShape(input: ArrayInput): Shape | undefined {
  return toShaped(input, 'x').shape;
}

/** Whether something is data, and not an iterable of batches. */
export function isArrayInput(input: unknown): input is ArrayInput {
  return Array.isArray(input) || ArrayBuffer.isView(input) || isShaped(input);
}

function isShaped(input: unknown): input is ShapedData {
  return typeof input === 'object' && input !== null && 'data' in input && 'shape' in input;
}

function toShaped(input: ArrayInput, where: string): { data: NumericData; shape: Shape | undefined } {
  if (isShaped(input)) {
    const data = ArrayBuffer.isView(input.data) ? input.data : Float32Array.from(input.data);
    if (data.length !== sizeOf(input.shape)) {
      throw new DataError({
        what: 'data and shape do not fit together',
        where,
        expected: `${sizeOf(input.shape)} values for shape ${formatShape(input.shape)}`,
        received: `${data.length} values`,
        fix: 'Check the shape; the samples lie along its first axis.',
      });
    }
    return { data: narrow(data), shape: input.shape };
  }
  if (ArrayBuffer.isView(input)) return { data: narrow(input as NumericData), shape: undefined };
  if (!Array.isArray(input)) {
    throw new DataError({
      what: 'the data is not an array',
      where,
      expected: 'a typed array, nested arrays of numbers, or { data, shape }',
      received: input === null ? 'null' : typeof input,
      fix: 'Pass the samples, then their targets.',
    });
  }
  const shape = nestedShape(input as NestedNumbers);
  const data = new Float32Array(sizeOf(shape));
  fill(data, input as NestedNumbers, shape, 0, 0, where);
  return { data, shape: shape.length === 1 ? undefined : shape };
}

/** Doubles become floats at once, so that what is checked is what is computed with. */
function narrow(data: NumericData): NumericData {
  return data instanceof Float64Array ? Float32Array.from(data) : data;
}

function nestedShape(nested: NestedNumbers | NumericData | number | undefined): number[] {
  if (Array.isArray(nested)) return [nested.length, ...nestedShape(nested[0])];
  return ArrayBuffer.isView(nested) ? [(nested as NumericData).length] : [];
}

function fill(
  data: Float32Array,
  nested: NestedNumbers | NumericData,
  shape: Shape,
  axis: number,
  offset: number,
  where: string,
): void {
  const stride = sizeOf(shape.slice(axis + 1));
  const last = axis === shape.length - 1;
  if (nested?.length !== shape[axis]) {
    throw ragged(where, shape, axis, Array.isArray(nested) ? `one of ${nested.length}` : String(nested));
  }
  for (let i = 0; i < nested.length; i++) {
    const item = nested[i];
    if (last) {
      if (typeof item !== 'number') throw ragged(where, shape, axis, typeof item);
      data[offset + i] = item;
    } else fill(data, item as NestedNumbers | NumericData, shape, axis + 1, offset + i * stride, where);
  }
}

function ragged(where: string, shape: Shape, axis: number, received: string): DataError {
  return new DataError({
    what: 'the nested arrays are ragged',
    where,
    expected: `arrays of ${shape[axis]} ${axis === shape.length - 1 ? 'numbers' : 'arrays'} at depth ${axis}, as the first one is`,
    received,
    fix: 'Give every sample the same shape.',
  });
}

/** Extents of 1 carry no information: [28, 28] and [28, 28, 1] hold the same values. */
function sameButOnes(a: Shape, b: Shape): boolean {
  const [plainA, plainB] = [a, b].map((shape) => shape.filter((extent) => extent !== 1));
  return formatShape(plainA!) === formatShape(plainB!);
}

function formatBatch(sampleShape: Shape): string {
  return `[${['samples', ...sampleShape].join(',')}]`;
}

function checkAllFinite(data: NumericData, sampleShape: Shape, where: string): void {
  if (data instanceof Float32Array && !allFinite(data)) {
    // The slow check finds the place and throws.
    checkFinite(data, sampleShape, where);
  }
}
