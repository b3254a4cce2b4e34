import { windowsAlong } from '../functional/spatial.ts';
import { reachAlong } from '../functional/transposedConvolution.ts';

/** Rows of numbers, all of one length. */
export type Grid = readonly (readonly number[])[];

/** A place in a grid. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

export type WindowOperation = 'convolution' | 'transposed' | 'max' | 'average';
/** So many rows and columns of zeros on every side, or as many as keep the extent at stride 1. */
export type Border = number | 'same';

/** One step over a grid of one channel: a convolution, a transposed one, or pooling. */
export interface WindowStep {
  readonly operation: WindowOperation;
  readonly input: Grid;
  /** All of the same extent; pooling takes only their extent from them. */
  readonly kernels: readonly Grid[];
  /** One for each kernel. */
  readonly biases: readonly number[];
  readonly stride: number;
  readonly padding: Border;
  readonly dilation: number;
}

/** What happens along one axis. */
export interface WindowAxis {
  /** Input places. */
  readonly extent: number;
  /** Kernel places. */
  readonly size: number;
  /** Places from the first to the last that a window sees: d·(size − 1) + 1. */
  readonly reach: number;
  /** Zeros before and after; of a transposed convolution, results left out there. */
  readonly low: number;
  readonly high: number;
  /** Results. */
  readonly count: number;
}

/** Where the windows of a step lie. */
export interface WindowGeometry {
  readonly rows: WindowAxis;
  readonly columns: WindowAxis;
  readonly stride: number;
  readonly dilation: number;
}

/** One product of a window, or one number of a pooling window. */
export interface WindowTerm {
  /** Place in the input; outside of it in the padding. */
  readonly input: GridPlace;
  readonly kernel: GridPlace;
  readonly value: number;
  readonly weight: number;
  readonly inside: boolean;
}

/** Where windows lie, or the sentence that says why there are none. */
export type WindowLayout = { readonly geometry: WindowGeometry } | { readonly problem: string };

/**
 * Where the windows of a step lie, and how many there are: ⌊(n + 2p − f)/s + 1⌋ along each axis, with f = d·(size − 1)
 * + 1.
 *
 * @returns a sentence for people where none fits
 * @example
 * const ones = [[1, 1], [1, 1]];
 * const step = { operation: 'convolution', input: ones, kernels: [ones], biases: [0], stride: 1, padding: 1, dilation: 1 };
 * inspect.windowLayout(step).geometry.rows.count; // 3
 */
export function windowLayout(step: WindowStep): WindowLayout {
  const pooling = step.operation === 'max' || step.operation === 'average';
  if (pooling && step.padding !== 'same' && step.padding > 0) {
    return {
      problem: 'Pooling takes padding 0 or “same”: padded places take no part in a maximum or a mean.',
    };
  }
  const dilation = pooling ? 1 : step.dilation;
  const [height, width] = kernelExtent(step);
  const along = (extent: number, size: number) =>
    step.operation === 'transposed'
      ? stampsAlong(extent, size, step.stride, step.padding, dilation)
      : slidesAlong(extent, size, step.stride, step.padding, dilation);
  const rows = along(step.input.length, height);
  const columns = along(step.input[0]?.length ?? 0, width);
  if (rows.count >= 1 && columns.count >= 1) {
    return { geometry: { rows, columns, stride: step.stride, dilation } };
  }
  const problem =
    step.operation === 'transposed'
      ? `Padding ${step.padding} leaves nothing of the output. Take less padding.`
      : `The window reaches over ${rows.reach} × ${columns.reach} places, the padded input has only ${rows.low + rows.extent + rows.high} × ${columns.low + columns.extent + columns.high}. Take a smaller kernel, less dilation or more padding.`;
  return { problem };
}

/** Rows and columns of the kernels. */
export function kernelExtent({ kernels }: Pick<WindowStep, 'kernels'>): readonly [number, number] {
  return [kernels[0]?.length ?? 0, kernels[0]?.[0]?.length ?? 0];
}

/** What one result is made of, in row-major order of the kernel. */
export function windowTermsAt(
  step: WindowStep,
  geometry: WindowGeometry,
  result: GridPlace,
  kernel: Grid,
): WindowTerm[] {
  return step.operation === 'transposed'
    ? stampTerms(step, geometry, result, kernel)
    : windowTerms(step, geometry, result, kernel);
}

/** The results that one input number goes into through the kernel of a transposed convolution, none cut off. */
export function stampPlaces(
  { rows, columns, stride, dilation }: WindowGeometry,
  input: GridPlace,
): GridPlace[] {
  const places: GridPlace[] = [];
  for (let k = 0; k < rows.size; k++) {
    for (let l = 0; l < columns.size; l++) {
      const row = input.row * stride + k * dilation - rows.low;
      const column = input.column * stride + l * dilation - columns.low;
      if (within(row, rows.count) && within(column, columns.count)) places.push({ row, column });
    }
  }
  return places;
}

/** The input with its border of zeros; a transposed convolution has none. */
export function paddedInput(step: WindowStep, { rows, columns }: WindowGeometry): Grid {
  if (step.operation === 'transposed') return step.input;
  const along = ({ low, extent, high }: WindowAxis) =>
    Array.from({ length: low + extent + high }, (_, i) => i - low);
  return along(rows).map((r) => along(columns).map((c) => step.input[r]?.[c] ?? 0));
}

/** The input up to and with number `last` in row-major order, the rest 0: what has been stamped so far. */
export function stampedSoFar(input: Grid, last: number): Grid {
  const columns = input[0]?.length ?? 0;
  return input.map((row, r) => row.map((value, c) => (r * columns + c <= last ? value : 0)));
}

function slidesAlong(
  extent: number,
  size: number,
  stride: number,
  padding: Border,
  dilation: number,
): WindowAxis {
  const reach = dilation * (size - 1) + 1;
  if (padding === 'same') {
    return { extent, size, reach, ...windowsAlong(extent, size, stride, 'same', dilation) };
  }
  const { count } = windowsAlong(extent + 2 * padding, size, stride, 'valid', dilation);
  return { extent, size, reach, low: padding, high: padding, count };
}

function stampsAlong(
  extent: number,
  size: number,
  stride: number,
  padding: Border,
  dilation: number,
): WindowAxis {
  const reach = dilation * (size - 1) + 1;
  const all = (extent - 1) * stride + reach;
  if (padding === 'same') {
    const { count, skipped } = reachAlong(extent, size, stride, 'same', dilation, undefined);
    return { extent, size, reach, low: skipped, high: all - skipped - count, count };
  }
  return { extent, size, reach, low: padding, high: padding, count: all - 2 * padding };
}

function windowTerms(
  step: WindowStep,
  geometry: WindowGeometry,
  result: GridPlace,
  kernel: Grid,
): WindowTerm[] {
  const { rows, columns, stride, dilation } = geometry;
  const terms: WindowTerm[] = [];
  for (let k = 0; k < rows.size; k++) {
    for (let l = 0; l < columns.size; l++) {
      const row = result.row * stride + k * dilation - rows.low;
      const column = result.column * stride + l * dilation - columns.low;
      const inside = within(row, rows.extent) && within(column, columns.extent);
      terms.push({
        input: { row, column },
        kernel: { row: k, column: l },
        value: inside ? step.input[row]![column]! : 0,
        weight: kernel[k]![l]!,
        inside,
      });
    }
  }
  return terms;
}

function stampTerms(
  step: WindowStep,
  geometry: WindowGeometry,
  result: GridPlace,
  kernel: Grid,
): WindowTerm[] {
  const { rows, columns, stride, dilation } = geometry;
  const terms: WindowTerm[] = [];
  for (let k = 0; k < rows.size; k++) {
    for (let l = 0; l < columns.size; l++) {
      const row = (result.row + rows.low - k * dilation) / stride;
      const column = (result.column + columns.low - l * dilation) / stride;
      if (!within(row, rows.extent) || !within(column, columns.extent)) continue;
      terms.push({
        input: { row, column },
        kernel: { row: k, column: l },
        value: step.input[row]![column]!,
        weight: kernel[k]![l]!,
        inside: true,
      });
    }
  }
  return terms;
}

function within(index: number, extent: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < extent;
}
