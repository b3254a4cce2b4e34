import type { Paint } from './terminal.ts';
import { count, percent } from './units.ts';

/** [classes][classes]: row = what it is, column = what the model says. */
export type ConfusionMatrix = readonly (readonly number[])[];

/**
 * Counts how often a sample of each class was taken for each class.
 *
 * @param probabilities [N, classes], row-major; the largest of a row is the answer, the first one when several are
 * @param labels [N]
 */
export function confusionMatrix(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if (probabilities[i * classes + c]! > probabilities[i * classes + best]!) best = c;
    }
    matrix[labels[i]!]![best]!++;
  }
  return matrix;
}

/**
 * The matrix as lines of text: right-aligned numbers, a dot for none, the share of each class that was recognised.
 *
 * With colours, what was recognised lies on blue and what was mistaken on orange, the more the stronger: a pair
 * that colour-blind people tell apart.
 */
export function formatConfusionMatrix(
  matrix: ConfusionMatrix,
  classes: readonly string[],
  paint: Paint,
): string[] {
  const short = classes.every((name) => name.length <= SHORT_NAME);
  // Long names stand at the rows alone; a column then has the number of its class.
  const rowNames = classes.map((name, i) => (short ? name : `${i} ${name}`));
  const columnNames = classes.map((name, i) => (short ? name : String(i)));
  const largest = matrix.reduce((most, row) => Math.max(most, ...row), 0);
  const cell = Math.max(count(largest).length, ...columnNames.map((name) => name.length)) + CELL_PADDING;
  const margin = Math.max(...rowNames.map((name) => name.length));
  const head = `${' '.repeat(margin)} ${columnNames.map((name) => name.padStart(cell)).join('')}  recognised`;
  const rows = matrix.map((row, actual) => {
    const total = row.reduce((sum, n) => sum + n, 0);
    const cells = row.map((n, said) => {
      const text = (n === 0 ? '·' : count(n)).padStart(cell);
      return shade(text, total === 0 ? 0 : n / total, actual === said, paint);
    });
    const recognised = total === 0 ? '–' : percent(row[actual]! / total, 1);
    return `${rowNames[actual]!.padStart(margin)} ${cells.join('')}  ${recognised.padStart('recognised'.length)}`;
  });
  return [paint.dim(head), ...rows];
}

/**
 * The mistakes made most often, largest first.
 *
 * @example
 * topMistakes(matrix, ['0', '1', …], 3); // ['4 taken for 9: 12 times', …]
 */
export function topMistakes(matrix: ConfusionMatrix, classes: readonly string[], most: number): string[] {
  return matrix
    .flatMap((row, actual) => row.map((n, said) => ({ n, actual, said })))
    .filter(({ n, actual, said }) => n > 0 && actual !== said)
    .sort((a, b) => b.n - a.n || a.actual - b.actual || a.said - b.said)
    .slice(0, most)
    .map(({ n, actual, said }) => {
      const times = n === 1 ? 'once' : `${count(n)} times`;
      return `${classes[actual]} taken for ${classes[said]}: ${times}`;
    });
}

const SHORT_NAME = 4;
const CELL_PADDING = 2;

/** Light to dark, from the 256 colours of a terminal, and the ink that is read on each. */
const BLUES = [
  [153, 16],
  [111, 16],
  [68, 16],
  [25, 231],
] as const;
const ORANGES = [
  [223, 16],
  [216, 16],
  [208, 16],
  [166, 231],
] as const;
/** Shares from which on a cell gets the next colour. */
const BLUE_FROM = [0, 0.8, 0.9, 0.97];
const ORANGE_FROM = [0, 0.01, 0.03, 0.1];

function shade(text: string, share: number, correct: boolean, paint: Paint): string {
  if (share === 0) return paint.dim(text);
  const from = correct ? BLUE_FROM : ORANGE_FROM;
  const level = from.findLastIndex((least) => share >= least);
  const [ground, ink] = (correct ? BLUES : ORANGES)[level]!;
  return paint.on(ground, ink, text);
}
