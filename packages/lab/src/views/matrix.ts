/** Rows of numbers. */
export type Matrix = readonly (readonly number[])[];

/** A place in a matrix. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

/** Rows of a flat array in row-major order. */
export function matrixOf(
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  from = 0,
  step = 1,
): Matrix {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => values[from + step * (row * columns + column)]!),
  );
}

export function filled(rows: number, columns: number, value = 0): Matrix {
  return Array.from({ length: rows }, () => new Array<number>(columns).fill(value));
}

export function rowsOf(matrix: Matrix): number {
  return matrix.length;
}

export function columnsOf(matrix: Matrix): number {
  return matrix[0]?.length ?? 0;
}

/** A copy with one other number. */
export function withValue(matrix: Matrix, { row, column }: Place, value: number): Matrix {
  return matrix.map((line, r) => (r === row ? line.map((old, c) => (c === column ? value : old)) : line));
}

/** A copy with another extent: what is new is 0, what no longer fits is cut off. */
export function resized(matrix: Matrix, rows: number, columns: number): Matrix {
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length: columns }, (_, c) => matrix[r]?.[c] ?? 0),
  );
}

/** The largest magnitude; 0 of an empty matrix. */
export function magnitudeOf(matrix: Matrix): number {
  return matrix.reduce((most, row) => row.reduce((m, value) => Math.max(m, Math.abs(value)), most), 0);
}

/**
 * Reads `1 2 / 3 4`: numbers apart by spaces, commas or semicolons, rows by `/` or new lines.
 *
 * @throws Error with a sentence for the reader when it is not a matrix
 */
export function parseMatrix(text: string): Matrix {
  const lines = text
    .split(/[/\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length === 0) throw new Error('Expected rows of numbers such as 1 2 / 3 4; received nothing.');
  const rows = lines.map((line) => line.split(/[\s,;]+/).map((word) => parseNumber(word)));
  const columns = rows[0]!.length;
  const odd = rows.findIndex((row) => row.length !== columns);
  if (odd >= 0) {
    throw new Error(
      `Expected ${columns} numbers in every row, as in the first; row ${odd + 1} has ${rows[odd]!.length}.`,
    );
  }
  return rows;
}

/** The form that `parseMatrix` reads, short enough for a link. */
export function printMatrix(matrix: Matrix): string {
  return matrix.map((row) => row.map((value) => plain(value)).join(' ')).join(' / ');
}

/** A number for people: at most `digits` decimals, a true minus sign. */
export function formatNumber(value: number, digits = 2): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < Math.max(1e-6, 0.5 * 10 ** -digits))) {
    return scientific(value);
  }
  const text = plain(Number(value.toFixed(digits)));
  return text.replace('-', MINUS);
}

/** A whole number with thin spaces between its thousands. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, '\u2009')
    .replace('-', MINUS);
}

/** In a product, a negative factor stands in parentheses. */
export function factor(value: number, digits = 2): string {
  const text = formatNumber(value, digits);
  return value < 0 ? `(${text})` : text;
}

const MINUS = '−';
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function scientific(value: number): string {
  const [mantissa, exponent] = value.toExponential(2).split('e') as [string, string];
  const power = Number(exponent);
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[Number(digit)]).join('');
  return `${plain(Number(mantissa)).replace('-', MINUS)}·10${power < 0 ? '⁻' : ''}${digits}`;
}

function plain(value: number): string {
  return Object.is(value, -0) ? '0' : String(Number(value.toPrecision(12)));
}

function parseNumber(word: string): number {
  const value = Number(word.replace(MINUS, '-'));
  if (word !== '' && Number.isFinite(value)) return value;
  throw new Error(`Expected a number; received “${word}”.`);
}
