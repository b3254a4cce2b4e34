import { DataError } from './errors.ts';
import { standardize } from './normalize.ts';

/** A column of a table, and what was taken off its numbers and by what they were divided, before training. */
export interface ColumnStatistics {
  readonly name: string;
  readonly mean: number;
  readonly std: number;
}

/**
 * The rows of a CSV text (RFC 4180) as cells: commas, semicolons or tabs, whichever the first row has most of, else
 * spaces. Lines without cells are left out.
 *
 * @example
 * parseCsv('a,b\n1,"x, y"\n'); // [['a', 'b'], ['1', 'x, y']]
 */
export function parseCsv(text: string): string[][] {
  const separator = separatorOf(text);
  if (separator === undefined) return bySpaces(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    cell = '';
  };
  for (let i = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0; i < text.length; i++) {
    const letter = text[i]!;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (letter === '"' && cell === '') quoted = true;
    else if (letter === separator) {
      row.push(cell);
      cell = '';
    } else if (letter === '\n') endRow();
    else if (letter !== '\r') cell += letter;
  }
  if (cell !== '' || row.length > 0) endRow();
  return rows;
}

export interface CsvSampleOptions {
  /** Numbers of a sample. */
  readonly size: number;
  /** Which row below the head, counted from 0. Default 0. */
  readonly row?: number | undefined;
  /** Names of the columns that make a sample, in their order, where they are known. */
  readonly columns?: readonly string[] | undefined;
}

/** A row of a table of numbers. */
export interface CsvSample {
  readonly values: readonly number[];
  /** How many rows the table has. */
  readonly rows: number;
}

/**
 * The numbers of one sample in a CSV text: of a row, those in the named columns, or else in the first columns that
 * hold numbers (where there is one too many, that of the class is left out); or all numbers of a text that is one
 * sample, step by step.
 *
 * @throws DataError when there is no such row, or it has other numbers than a sample has
 * @example
 * csvSample('a,b,kind\n1,2,x\n3,4,y', 't.csv', { size: 2, row: 1 }).values; // [3, 4]
 */
export function csvSample(
  text: string,
  where: string,
  { size, row = 0, columns }: CsvSampleOptions,
): CsvSample {
  const all = parseCsv(text);
  const isHead = all[0]?.every((cell) => !isNumber(cell)) ?? false;
  const head = isHead ? all[0]!.map((name) => name.trim()) : [];
  const rows = (isHead ? all.slice(1) : all).filter((cells) => cells.some(isNumber));
  const named = columns?.map((name) => head.indexOf(name)) ?? [];
  const isNamed = named.length > 0 && named.every((at) => at >= 0);
  const places = isNamed ? named : placesOf(rows, head, size);
  const bad = (at: string, received: string) =>
    new DataError({
      what: 'this is no sample for the network',
      where: at,
      expected: `rows of ${size} numbers, or ${size} numbers in all`,
      received,
      fix: 'Choose a table with the columns that the network was trained on, and one of its rows.',
    });
  if (places.length < size) {
    const whole = rows.flat().filter((cell) => cell.trim() !== '');
    if (whole.length === size && row === 0 && whole.every(isNumber))
      return { values: whole.map(Number), rows: 1 };
    throw bad(where, `${rows.length} rows of ${places.length} numbers`);
  }
  const cells = rows[row];
  if (!cells) throw bad(`${where}, row ${row}`, `${rows.length} rows`);
  const values = places.map((at) => {
    const cell = cells[at] ?? '';
    if (isNumber(cell)) return Number(cell);
    throw bad(`${where}, row ${row}, column ${head[at] ?? at}`, cell.trim() === '' ? 'nothing' : `'${cell}'`);
  });
  return { values, rows: rows.length };
}

/**
 * A row as training took it: (x − mean) / max(std, 1e-7) of each column, in float32.
 *
 * @example
 * standardizeRow([3, 10], [{ name: 'a', mean: 2, std: 1 }, { name: 'b', mean: 10, std: 5 }]); // Float32Array [1, 0]
 */
export function standardizeRow(
  row: readonly number[],
  columns: readonly ColumnStatistics[],
): Float32Array<ArrayBuffer> {
  return Float32Array.from(row, (value, i) => standardize([value], columns[i])[0]!);
}

/**
 * The row that a standardized one was, as exactly as float32 tells.
 *
 * @example
 * originalRow(Float32Array.of(1), [{ name: 'a', mean: 2, std: 0.1 }]); // [2.1]
 */
export function originalRow(row: ArrayLike<number>, columns: readonly ColumnStatistics[]): number[] {
  return Array.from(columns, ({ mean, std }, i) => {
    const value = row[i]! * std + mean;
    if (std === 0) return value;
    // Further digits are rounding of the standardized number.
    const decimals = Math.ceil(KEPT_DIGITS - Math.log10(std));
    return decimals < 0 || decimals > MOST_DECIMALS ? value : Number(value.toFixed(decimals));
  });
}

const BYTE_ORDER_MARK = 0xfeff;
const LABEL_NAMES = new Set(['label', 'class', 'target', 'species', 'y', 'survived']);
/** Digits of a standardized number that float32 keeps. */
const KEPT_DIGITS = 5;
const MOST_DECIMALS = 20;

/** The sign that the first row has most of, quotes left out; undefined where it has none. */
function separatorOf(text: string): string | undefined {
  const counts = new Map([
    [',', 0],
    ['\t', 0],
    [';', 0],
  ]);
  let quoted = false;
  for (const letter of text) {
    if (letter === '"') quoted = !quoted;
    else if (!quoted && letter === '\n') break;
    else if (!quoted && counts.has(letter)) counts.set(letter, counts.get(letter)! + 1);
  }
  const [first] = [...counts].sort(([, a], [, b]) => b - a);
  return first![1] > 0 ? first![0] : undefined;
}

function bySpaces(text: string): string[][] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line) => line.split(/[,;\s]+/).filter((cell) => cell !== ''))
    .filter((row) => row.length > 0);
}

function isNumber(cell: string): boolean {
  return cell.trim() !== '' && Number.isFinite(Number(cell));
}

/** The first columns that hold nothing but numbers and gaps. */
function placesOf(rows: readonly (readonly string[])[], head: readonly string[], size: number): number[] {
  const width = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const numeric = Array.from({ length: width }, (_, at) => at).filter((at) => {
    const filled = rows.filter((cells) => (cells[at] ?? '').trim() !== '');
    return filled.length > 0 && filled.every((cells) => isNumber(cells[at]!));
  });
  const others = numeric.filter((at) => !LABEL_NAMES.has((head[at] ?? '').toLowerCase()));
  return (numeric.length === size + 1 && others.length === size ? others : numeric).slice(0, size);
}
