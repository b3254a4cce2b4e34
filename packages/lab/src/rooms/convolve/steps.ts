import { inspect } from 'fathom';
import { columnsOf, type Matrix, type Place, rowsOf } from '../../views/matrix.ts';
import { LIMITS, type Settings } from './settings.ts';

/** What was computed, with what it was computed from: the two never differ on the page. */
export interface Shown {
  readonly settings: Settings;
  readonly geometry: inspect.WindowGeometry;
  readonly maps: inspect.WindowMaps;
  /** Of a transposed convolution, the results after the stamp of step `at`. */
  readonly partial: inspect.WindowMaps | undefined;
  readonly at: number;
}

/** Numbers to choose from, both ends included. */
export const numbered = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ id: from + i, name: String(from + i) }));

export const isTransposed = ({ operation }: Settings) => operation === 'transposed';

/** Too large to be shown as numbers: it becomes a picture. */
export const isLarge = (matrix: Matrix) => Math.max(rowsOf(matrix), columnsOf(matrix)) > LIMITS.numbers;

/** Steps go over results, or over the numbers that a transposed convolution stamps. */
export function stepGrid(geometry: inspect.WindowGeometry | undefined, transposed: boolean) {
  if (!geometry) return { rows: 1, columns: 1 };
  const { rows, columns } = geometry;
  return transposed
    ? { rows: rows.extent, columns: columns.extent }
    : { rows: rows.count, columns: columns.count };
}

/** The part of the padded input that belongs to a step. */
export function inputBoxOf(
  { rows, columns, stride }: inspect.WindowGeometry,
  place: Place,
  transposed: boolean,
) {
  return {
    row: transposed ? place.row : place.row * stride,
    column: transposed ? place.column : place.column * stride,
    rows: transposed ? 1 : rows.reach,
    columns: transposed ? 1 : columns.reach,
  };
}

/** The results that belong to a step; none where a stamp falls beside the output. */
export function outputBoxOf(geometry: inspect.WindowGeometry, place: Place, transposed: boolean) {
  if (!transposed) return { ...place, rows: 1, columns: 1 };
  const cells = inspect.stampPlaces(geometry, place);
  if (cells.length === 0) return undefined;
  const [rows, columns] = [cells.map(({ row }) => row), cells.map(({ column }) => column)];
  const [row, column] = [Math.min(...rows), Math.min(...columns)];
  return { row, column, rows: Math.max(...rows) - row + 1, columns: Math.max(...columns) - column + 1 };
}
