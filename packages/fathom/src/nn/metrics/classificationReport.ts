import { type Counts, f1Of, share } from './rates.ts';

/** Figures of each class, in the order of the matrix, and of all together. */
export interface ClassificationReport {
  /** Right answers among those that name the class. */
  readonly precision: number[];
  /** Samples of the class that are found. */
  readonly recall: number[];
  readonly f1Score: number[];
  /** Samples of the class. */
  readonly support: number[];
  /** Right answers among all. */
  readonly accuracy: number;
}

/**
 * Precision TP / (TP + FP), recall TP / (TP + FN) and F1 = 2TP / (2TP + FP + FN) of each class, read off a confusion
 * matrix; 0 where there is nothing to divide by.
 *
 * @param matrix [true class][predicted class], as `confusionMatrix` gives it
 * @throws RangeError when the matrix is not square
 * @example
 * metrics.classificationReport([[4, 2], [1, 3]]).recall; // [0.667, 0.75]
 */
export function classificationReport(matrix: readonly (readonly number[])[]): ClassificationReport {
  const odd = matrix.find((row) => row.length !== matrix.length);
  if (odd) {
    throw new RangeError(
      `classificationReport: expected a square matrix of ${matrix.length} rows; received a row of ${odd.length}.`,
    );
  }
  const counts = matrix.map(
    (row, k): Counts => ({ hits: row[k]!, said: total(matrix.map((other) => other[k]!)), meant: total(row) }),
  );
  const all = total(counts.map(({ meant }) => meant));
  return {
    precision: counts.map(({ hits, said }) => share(hits, said)),
    recall: counts.map(({ hits, meant }) => share(hits, meant)),
    f1Score: counts.map(f1Of),
    support: counts.map(({ meant }) => meant),
    accuracy: share(total(counts.map(({ hits }) => hits)), all),
  };
}

function total(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
