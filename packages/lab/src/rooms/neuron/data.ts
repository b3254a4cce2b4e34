import { Stream } from './random.ts';

/** A point of the plane and the class it belongs to. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly label: 0 | 1;
}

/** The plane reaches from −EXTENT to EXTENT both ways. */
export const EXTENT = 3.5;

export type DataName = (typeof DATA_SETS)[number]['id'];

export const DATA_SETS = [
  { id: 'clouds', name: 'Two clouds' },
  { id: 'xor', name: 'XOR' },
  { id: 'corners', name: 'XOR, four points' },
  { id: 'and', name: 'AND, four points' },
  { id: 'circle', name: 'Circle' },
  { id: 'moons', name: 'Two moons' },
  { id: 'spiral', name: 'Two spirals' },
] as const;

/** The points of a set; `noise` is a deviation. */
export function makePoints(name: DataName, { seed = 0, count = 200, noise = 0.25 } = {}): Point[] {
  const stream = new Stream(seed);
  const point = (x: number, y: number, label: number): Point => ({
    x: bounded(x + noise * stream.normal()),
    y: bounded(y + noise * stream.normal()),
    label: label === 1 ? 1 : 0,
  });
  const each = (make: (i: number, label: 0 | 1) => Point) =>
    Array.from({ length: count }, (_, i) => make(Math.floor(i / 2), i % 2 === 0 ? 0 : 1));
  const half = Math.max(1, Math.ceil(count / 2) - 1);
  switch (name) {
    case 'clouds':
      return each((_, label) => {
        const side = label === 1 ? 1.3 : -1.3;
        return point(side + 0.6 * stream.normal(), side + 0.6 * stream.normal(), label);
      });
    case 'xor':
      return Array.from({ length: count }, () => {
        const [x, y] = [3 * (2 * stream.uniform() - 1), 3 * (2 * stream.uniform() - 1)];
        return point(x, y, x * y < 0 ? 1 : 0);
      });
    case 'corners':
      return corners((a, b) => (a !== b ? 1 : 0));
    case 'and':
      return corners((a, b) => (a && b ? 1 : 0));
    case 'circle':
      return each((_, label) => {
        const radius = label === 1 ? 1.2 * Math.sqrt(stream.uniform()) : 2.1 + 0.8 * stream.uniform();
        const angle = 2 * Math.PI * stream.uniform();
        return point(radius * Math.cos(angle), radius * Math.sin(angle), label);
      });
    case 'moons':
      return each((i, label) => {
        const angle = (Math.PI * i) / half;
        return label === 0
          ? point(1.6 * Math.cos(angle) - 0.8, 1.6 * Math.sin(angle) - 0.4, 0)
          : point(0.8 - 1.6 * Math.cos(angle), 0.4 - 1.6 * Math.sin(angle), 1);
      });
    case 'spiral':
      return each((i, label) => {
        const share = i / half;
        const angle = 1.75 * 2 * Math.PI * share + (label === 1 ? Math.PI : 0);
        return point(3 * share * Math.sin(angle), 3 * share * Math.cos(angle), label);
      });
    default:
      return name satisfies never;
  }
}

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

function corners(label: (a: boolean, b: boolean) => 0 | 1): Point[] {
  return [false, true].flatMap((a) =>
    [false, true].map((b): Point => ({ x: a ? 1 : 0, y: b ? 1 : 0, label: label(a, b) })),
  );
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
