/** How values are spread: counts of equally wide buckets from the least value to the greatest. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  /** How many values there are, their sum and the sum of their squares. */
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** The upper end of each bucket, and how many values it holds. */
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

/**
 * The histogram of the finite ones among some values, undefined where there are none. Values that are all the same
 * make one bucket.
 *
 * @example
 * histogram([0, 1, 2, 2], 2).counts; // [1, 3]
 */
export function histogram(values: ArrayLike<number>, buckets = DEFAULT_BUCKETS): Histogram | undefined {
  let [min, max, count, sum, sumOfSquares] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    count++;
    sum += value;
    sumOfSquares += value * value;
  }
  if (count === 0) return undefined;
  const number = min === max ? 1 : buckets;
  const width = (max - min) / number;
  const counts = new Array<number>(number).fill(0);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    // The greatest value belongs to the last bucket.
    const bucket = width === 0 ? 0 : Math.min(number - 1, Math.floor((value - min) / width));
    counts[bucket]!++;
  }
  const limits = counts.map((_, i) => (i === number - 1 ? max : min + (i + 1) * width));
  return { min, max, count, sum, sumOfSquares, limits, counts };
}

/** As in TensorFlow. */
const DEFAULT_BUCKETS = 30;
