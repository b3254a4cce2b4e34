import { functional } from 'fathom';
import { columnsOf, filled, type Matrix, type Place, rowsOf } from '../../views/matrix.ts';
import { type Border, isPooling, kernelSize, type Settings } from './settings.ts';

/** What happens along one axis. */
export interface Axis {
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
export interface Geometry {
  readonly rows: Axis;
  readonly columns: Axis;
  readonly stride: number;
  readonly dilation: number;
}

/** One product of a window, or one number of a pooling window. */
export interface Term {
  /** Place in the input; outside of it in the padding. */
  readonly input: Place;
  readonly kernel: Place;
  readonly value: number;
  readonly weight: number;
  readonly inside: boolean;
}

/** Where windows lie, or the sentence that says why there are none. */
export type Layout = { readonly geometry: Geometry } | { readonly problem: string };

export function layoutOf(settings: Settings): Layout {
  const pooling = isPooling(settings);
  if (pooling && settings.padding !== 'same' && settings.padding > 0) {
    return {
      problem: 'Pooling takes padding 0 or “same”: padded places take no part in a maximum or a mean.',
    };
  }
  const dilation = pooling ? 1 : settings.dilation;
  const [height, width] = kernelSize(settings);
  const along = (extent: number, size: number) =>
    settings.operation === 'transposed'
      ? stampsAlong(extent, size, settings.stride, settings.padding, dilation)
      : windowsOf(extent, size, settings.stride, settings.padding, dilation);
  const rows = along(rowsOf(settings.input), height);
  const columns = along(columnsOf(settings.input), width);
  if (rows.count >= 1 && columns.count >= 1) {
    return { geometry: { rows, columns, stride: settings.stride, dilation } };
  }
  const problem =
    settings.operation === 'transposed'
      ? `Padding ${settings.padding} leaves nothing of the output. Take less padding.`
      : `The window reaches over ${rows.reach} × ${columns.reach} places, the padded input has only ${rows.low + rows.extent + rows.high} × ${columns.low + columns.extent + columns.high}. Take a smaller kernel, less dilation or more padding.`;
  return { problem };
}

/** What one result is made of, in row-major order of the kernel. */
export function termsAt(settings: Settings, geometry: Geometry, result: Place, kernel: Matrix): Term[] {
  return settings.operation === 'transposed'
    ? stampTerms(settings, geometry, result, kernel)
    : windowTerms(settings, geometry, result, kernel);
}

/** The results that one input number goes into through the kernel of a transposed convolution, none cut off. */
export function stampOf({ rows, columns, stride, dilation }: Geometry, input: Place): Place[] {
  const places: Place[] = [];
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
export function paddedInput(settings: Settings, { rows, columns }: Geometry): Matrix {
  if (settings.operation === 'transposed') return settings.input;
  const empty = filled(rows.low + rows.extent + rows.high, columns.low + columns.extent + columns.high);
  return empty.map((line, r) => line.map((_, c) => settings.input[r - rows.low]?.[c - columns.low] ?? 0));
}

/** The input up to and with number `last` in row-major order, the rest 0: what has been stamped so far. */
export function firstOf(input: Matrix, last: number): Matrix {
  const columns = columnsOf(input);
  return input.map((row, r) => row.map((value, c) => (r * columns + c <= last ? value : 0)));
}

function windowsOf(extent: number, size: number, stride: number, padding: Border, dilation: number): Axis {
  const reach = dilation * (size - 1) + 1;
  if (padding === 'same') {
    return { extent, size, reach, ...functional.windowsAlong(extent, size, stride, 'same', dilation) };
  }
  const { count } = functional.windowsAlong(extent + 2 * padding, size, stride, 'valid', dilation);
  return { extent, size, reach, low: padding, high: padding, count };
}

function stampsAlong(extent: number, size: number, stride: number, padding: Border, dilation: number): Axis {
  const reach = dilation * (size - 1) + 1;
  const all = (extent - 1) * stride + reach;
  if (padding === 'same') {
    const { count, skipped } = functional.reachAlong(extent, size, stride, 'same', dilation, undefined);
    return { extent, size, reach, low: skipped, high: all - skipped - count, count };
  }
  return { extent, size, reach, low: padding, high: padding, count: all - 2 * padding };
}

function windowTerms(settings: Settings, geometry: Geometry, result: Place, kernel: Matrix): Term[] {
  const { rows, columns, stride, dilation } = geometry;
  const terms: Term[] = [];
  for (let k = 0; k < rows.size; k++) {
    for (let l = 0; l < columns.size; l++) {
      const row = result.row * stride + k * dilation - rows.low;
      const column = result.column * stride + l * dilation - columns.low;
      const inside = within(row, rows.extent) && within(column, columns.extent);
      terms.push({
        input: { row, column },
        kernel: { row: k, column: l },
        value: inside ? settings.input[row]![column]! : 0,
        weight: kernel[k]![l]!,
        inside,
      });
    }
  }
  return terms;
}

function stampTerms(settings: Settings, geometry: Geometry, result: Place, kernel: Matrix): Term[] {
  const { rows, columns, stride, dilation } = geometry;
  const terms: Term[] = [];
  for (let k = 0; k < rows.size; k++) {
    for (let l = 0; l < columns.size; l++) {
      const row = (result.row + rows.low - k * dilation) / stride;
      const column = (result.column + columns.low - l * dilation) / stride;
      if (!within(row, rows.extent) || !within(column, columns.extent)) continue;
      terms.push({
        input: { row, column },
        kernel: { row: k, column: l },
        value: settings.input[row]![column]!,
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
