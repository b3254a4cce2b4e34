import { PLANE_EXTENT, type PlaneSet, type PlanePoint as Point } from 'fathom';

export type { Point };
export const EXTENT = PLANE_EXTENT;

export const DATA_SETS: readonly { readonly id: PlaneSet; readonly name: string }[] = [
  { id: 'clouds', name: 'Two clouds' },
  { id: 'xor', name: 'XOR' },
  { id: 'corners', name: 'XOR, four points' },
  { id: 'and', name: 'AND, four points' },
  { id: 'circle', name: 'Circle' },
  { id: 'moons', name: 'Two moons' },
  { id: 'spiral', name: 'Two spirals' },
];

/** Numbers of a table, one row after another. */
export interface Table {
  readonly rows: readonly (readonly number[])[];
  /** Number of lines left out because they begin with words. */
  readonly headings: number;
}

/**
 * Reads a table of `columns` numbers a line, apart by commas, semicolons, tabs or spaces; a first line of words is a
 * heading.
 *
 * @throws Error with a sentence for the reader
 */
export function parseTable(text: string, columns: number): Table {
  if (text.length > MOST_CHARACTERS) {
    throw new Error(
      `The table has ${text.length} characters; this room takes up to ${MOST_CHARACTERS}. Take a part of it.`,
    );
  }
  const lines = text
    .split(/\r?\n/)
    .map((line, i) => ({ words: line.trim().split(/\s*[,;\t]\s*|\s+/), number: i + 1, line: line.trim() }))
    .filter(({ line }) => line !== '');
  if (lines.length === 0) throw new Error(`Expected lines of ${columns} numbers; received nothing.`);
  const headings = lines[0]!.words.every((word) => Number.isNaN(Number(word))) ? 1 : 0;
  const rows = lines.slice(headings).map(({ words, number, line }) => {
    const values = words.map(Number);
    if (words.length === columns && values.every(Number.isFinite)) return values;
    throw new Error(`Line ${number}: expected ${columns} numbers; received “${line.slice(0, 40)}”.`);
  });
  if (rows.length === 0) throw new Error('Expected numbers below the heading; received none.');
  if (rows.length > MOST_ROWS) {
    throw new Error(`The table has ${rows.length} rows; this room takes up to ${MOST_ROWS}.`);
  }
  return { rows, headings };
}

/**
 * Points of lines `x, y, class`, with both columns brought to mean 0 and deviation 1, so that any table fits the plane.
 *
 * @throws Error unless the classes are two
 */
export function pointsOf({ rows }: Table): Point[] {
  const classes = [...new Set(rows.map((row) => row[2]!))].sort((a, b) => a - b);
  if (classes.length !== 2) {
    throw new Error(`Expected two classes in the third column, such as 0 and 1; received ${classes.length}.`);
  }
  const [xs, ys] = [0, 1].map((column) => standardized(rows.map((row) => row[column]!))) as [
    number[],
    number[],
  ];
  return rows.map((row, i) => ({
    x: bounded(xs[i]!),
    y: bounded(ys[i]!),
    label: row[2] === classes[1] ? 1 : 0,
  }));
}

/** Points as a link writes them: `x y class` with one decimal. */
export function printPoints(points: readonly Point[]): string {
  return points.map(({ x, y, label }) => `${x.toFixed(1)} ${y.toFixed(1)} ${label}`).join(',');
}

/** The opposite; what cannot be read is left out. */
export function readPoints(text: string): Point[] {
  return text.split(',').flatMap((part) => {
    const [x, y, label] = part.trim().split(' ').map(Number) as [number, number, number];
    if (!Number.isFinite(x) || !Number.isFinite(y) || (label !== 0 && label !== 1)) return [];
    return [{ x: bounded(x), y: bounded(y), label }];
  });
}

function bounded(value: number): number {
  return Math.max(-EXTENT, Math.min(EXTENT, value));
}

function standardized(values: readonly number[]): number[] {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  return values.map((value) => (deviation === 0 ? 0 : (value - mean) / deviation));
}

const MOST_CHARACTERS = 2_000_000;
const MOST_ROWS = 2000;
