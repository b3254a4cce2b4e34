import type { inspect } from 'fathom';
import { type Matrix, matrixOf } from '../../views/matrix.ts';

/** How the numbers of a layer are drawn: as maps, or those of a vector as one picture that means nothing by its form. */
export interface LayerLayout {
  readonly isVector: boolean;
  /** Steps from left to right, features from top to bottom: all of them are one picture. */
  readonly isSequence: boolean;
  readonly maps: number;
  readonly rows: number;
  readonly columns: number;
  /** Places in a picture that are numbers; the last row of a vector may be shorter. */
  readonly count: number;
}

/** Rows of a box of places, drawn over a picture. */
export interface Mark {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

const VECTOR_ROWS = 32;

/**
 * The pictures of a layer's result. Channels come last, as in the library; a volume lies with its slices one below
 * another; of a sequence time goes to the right.
 *
 * @example
 * layoutOf([28, 28, 6]).maps; // 6
 * layoutOf([84]).columns; // 3
 */
export function layoutOf(shape: readonly number[]): LayerLayout {
  if (shape.length <= 1) {
    const count = shape[0] ?? 1;
    const columns = Math.ceil(count / VECTOR_ROWS);
    return { isVector: true, isSequence: false, maps: 1, rows: Math.ceil(count / columns), columns, count };
  }
  if (shape.length === 2) {
    const [columns, rows] = shape as [number, number];
    return { isVector: false, isSequence: true, maps: 1, rows, columns, count: rows * columns };
  }
  const space = shape.slice(0, -1);
  const columns = space.at(-1)!;
  const rows = space.slice(0, -1).reduce((product, extent) => product * extent, 1);
  return { isVector: false, isSequence: false, maps: shape.at(-1)!, rows, columns, count: rows * columns };
}

/** The numbers of one picture, row by row; 0 where a vector's last row has none. */
export function pictureOf(values: Float32Array, layout: LayerLayout, map: number): Float32Array {
  const { rows, columns, maps, count, isSequence } = layout;
  const picture = new Float32Array(rows * columns);
  if (isSequence) return picture.map((_, i) => values[(i % columns) * rows + Math.floor(i / columns)]!);
  for (let i = 0; i < count; i++) picture[i] = values[i * maps + map]!;
  return picture;
}

/** Where a number of a picture stands in the layer's result; undefined behind the end of a vector. */
export function placeAt(
  shape: readonly number[],
  map: number,
  row: number,
  column: number,
): number[] | undefined {
  const { isVector, isSequence, columns, count, rows } = layoutOf(shape);
  const index = row * columns + column;
  if (row < 0 || column < 0 || row >= rows || column >= columns || index >= count) return undefined;
  if (isVector) return [index];
  if (isSequence) return [column, row];
  const place: number[] = [map];
  let rest = index;
  for (const extent of shape.slice(0, -1).reverse()) {
    place.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return place;
}

/** Row and column in its picture of a place in a layer's result. */
export function pointOf(shape: readonly number[], place: readonly number[]): { row: number; column: number } {
  const { isVector, isSequence, columns } = layoutOf(shape);
  if (isSequence) return { row: place[1]!, column: place[0]! };
  const index = isVector ? place[0]! : place.slice(0, -1).reduce((sum, at, d) => sum * shape[d]! + at, 0);
  return { row: Math.floor(index / columns), column: index % columns };
}

/** Where a box of places lies on the picture of a map; undefined where it does not touch it. */
export function markOf(
  { shape, low, high }: Pick<inspect.LayerBox, 'shape' | 'low' | 'high'>,
  map: number,
): Mark | undefined {
  const { isVector, isSequence, rows, columns } = layoutOf(shape);
  if (isSequence) {
    return { row: low[1]!, column: low[0]!, rows: high[1]! - low[1]! + 1, columns: high[0]! - low[0]! + 1 };
  }
  if (isVector) {
    const [from, to] = [pointOf(shape, low), pointOf(shape, high)];
    if (from.row === to.row) return { ...from, rows: 1, columns: to.column - from.column + 1 };
    return { row: from.row, column: 0, rows: to.row - from.row + 1, columns };
  }
  if (map < low.at(-1)! || map > high.at(-1)!) return undefined;
  if (shape.length > 3) return { row: 0, column: 0, rows, columns };
  const [from, to] = [pointOf(shape, low), pointOf(shape, high)];
  return { ...from, rows: to.row - from.row + 1, columns: to.column - from.column + 1 };
}

/** The numbers of one channel or feature, as rows. */
export function channelOf(values: Float32Array, shape: readonly number[], channel: number): Matrix {
  const layout = layoutOf(shape);
  if (!layout.isSequence) return matrixOf(pictureOf(values, layout, channel), layout.rows, layout.columns);
  return [Array.from({ length: layout.columns }, (_, step) => values[step * layout.rows + channel]!)];
}

/** Numbers of a window that belong to one channel, as rows; `rows` hold places in the list they came from. */
export interface Window {
  readonly channel: number;
  readonly rows: readonly (readonly number[])[];
}

/**
 * Sorts a window's places into rows and columns, one window a channel. A list of places without rows, as a dense
 * layer has, is broken where a reader would break it.
 *
 * @returns for each channel, rows of indices into `places`
 */
export function windowsOf(places: readonly (readonly number[])[]): Window[] {
  const rank = places[0]?.length ?? 0;
  const isStep = rank === 2 && places.every(([step]) => step === places[0]![0]);
  if (rank === 2 && !isStep) return [{ channel: 0, rows: byFeature(places) }];
  if (rank < 2 || isStep) {
    const all = places.map((_, i) => i);
    const rows = Array.from({ length: Math.ceil(all.length / DENSE_COLUMNS) }, (_, r) =>
      all.slice(r * DENSE_COLUMNS, (r + 1) * DENSE_COLUMNS),
    );
    return [{ channel: 0, rows }];
  }
  const channels = new Map<number, Map<string, number[]>>();
  places.forEach((place, i) => {
    const rows = channels.get(place.at(-1)!) ?? new Map<string, number[]>();
    channels.set(place.at(-1)!, rows);
    const key = place.slice(0, -2).join();
    const row = rows.get(key) ?? [];
    rows.set(key, row);
    row.push(i);
  });
  const byPlace = (a: number, b: number) => {
    const [one, other] = [places[a]!, places[b]!];
    const d = one.findIndex((at, axis) => at !== other[axis]);
    return d < 0 ? a - b : one[d]! - other[d]!;
  };
  return Array.from(channels, ([channel, rows]) => ({
    channel,
    rows: [...rows.values()].map((row) => row.sort(byPlace)).sort((a, b) => byPlace(a[0]!, b[0]!)),
  })).sort((a, b) => a.channel - b.channel);
}

/** A window of a sequence: a row for each feature, its steps from left to right. */
function byFeature(places: readonly (readonly number[])[]): number[][] {
  const rows = new Map<number, number[]>();
  places.forEach(([, feature], i) => {
    rows.set(feature!, [...(rows.get(feature!) ?? []), i]);
  });
  return Array.from(rows.values(), (row) => row.sort((a, b) => places[a]![0]! - places[b]![0]!));
}

/** Numbers of a vector in a row: as many as a tablet has room for. */
export const DENSE_COLUMNS = 16;

/** The numbers of a window. */
export function numbersOf({ rows }: Window, at: (index: number) => number): Matrix {
  return rows.map((row) => row.map(at));
}

/** Largest magnitude of some numbers. */
export function magnitude(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}

/** A layer's name without those of the models around it. */
export function shortName(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

/** [row, column, map] in words, counted from 0 as in the library. */
export function placeInWords(place: readonly number[]): string {
  if (place.length === 1) return `unit ${place[0]}`;
  if (place.length === 2) return `step ${place[0]}, feature ${place[1]}`;
  if (place.length === 3) return `map ${place[2]}, row ${place[0]}, column ${place[1]}`;
  return `map ${place.at(-1)}, place ${place.slice(0, -1).join(', ')}`;
}

export function printPlace(place: readonly number[]): string {
  return place.join(',');
}

/** Reads a place that is in the layer; undefined for anything else. */
export function parsePlace(text: string | null, shape: readonly number[]): number[] | undefined {
  if (text === null || text === '') return undefined;
  const place = text.split(',').map(Number);
  const fits =
    place.length === shape.length &&
    place.every((at, d) => Number.isInteger(at) && at >= 0 && at < shape[d]!);
  return fits ? place : undefined;
}

/** How numbers of a common size are written with two decimals. */
export interface Scale {
  /** Of ten; 0 where the numbers are written as they are. */
  readonly power: number;
  /** In that unit. */
  round(value: number): number;
}

/** The scale for numbers up to `most`: small ones, as gradients are, get a unit of their own. */
export function scaleOf(most: number): Scale {
  const power = most > 0 && most < 0.1 ? Math.floor(Math.log10(most)) : 0;
  return { power, round: (value) => Math.round(value * 10 ** (2 - power)) / 100 };
}

/** A whole number as an exponent. */
export function superscript(power: number): string {
  const digits = [...String(Math.abs(power))].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]);
  return (power < 0 ? '⁻' : '') + digits.join('');
}
