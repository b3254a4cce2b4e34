import { checkLabels } from './dataset.ts';

/**
 * One row for each label, 1 in the column of its class and 0 elsewhere: y[i, k] = [labels[i] = k].
 *
 * @param labels [N], class numbers
 * @param classes K
 * @returns [N, K], row-major
 * @throws DataError naming the first label that is not an integer in [0, K), RangeError on a bad K
 * @example
 * oneHot([2, 0], 3); // Float32Array [0, 0, 1, 1, 0, 0]
 */
export function oneHot(labels: ArrayLike<number>, classes: number): Float32Array<ArrayBuffer> {
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw new RangeError(`oneHot: expected the number of classes, a positive integer; received ${classes}.`);
  }
  checkLabels(labels, classes, 'oneHot');
  const rows = new Float32Array(labels.length * classes);
  for (let i = 0; i < labels.length; i++) rows[i * classes + labels[i]!] = 1;
  return rows;
}
