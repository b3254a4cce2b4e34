/** The combination of columns that comes nearest to a target. */
export interface LeastSquares {
  /** One number for each column; 0 for those that others make up. */
  readonly solution: Float64Array;
  /** Columns that are no combination of others. */
  readonly rank: number;
  /** Whether each column is one of those. */
  readonly isUsed: readonly boolean[];
}

/**
 * min ‖A·θ − y‖ over θ, by Householder's QR with the longest column first. Columns that are combinations of others, to
 * `tolerance` of the longest, get 0: what is left is as near to y, and the numbers stay small.
 *
 * Paper: P. Businger, G. Golub, Linear least squares solutions by Householder transformations (1965).
 *
 * @param columns A, [columns][rows]
 * @param y [rows]
 * @throws RangeError where the lengths differ
 * @example
 * inspect.leastSquares([[0, 1, 2], [1, 1, 1]], [1, 3, 5]).solution; // Float64Array [2, 1]: y = 2·x + 1
 */
export function leastSquares(
  columns: readonly ArrayLike<number>[],
  y: ArrayLike<number>,
  tolerance = 1e-11,
): LeastSquares {
  const odd = columns.findIndex(({ length }) => length !== y.length);
  if (odd >= 0) {
    throw new RangeError(
      `leastSquares: expected columns of ${y.length} numbers, as the target has; received ${columns[odd]!.length} in column ${odd}.`,
    );
  }
  const scales = columns.map((column) => norm(column, 0) || 1);
  const a = columns.map((column, j) => Float64Array.from(column, (value) => value / scales[j]!));
  const order = a.map((_, j) => j);
  const right = Float64Array.from(y);
  let rank = 0;
  while (rank < Math.min(a.length, y.length)) {
    const [best, length] = longest(a, order, rank);
    // All columns had length 1: what is left of the others is rounding.
    if (!(length > tolerance)) break;
    [order[rank], order[best]] = [order[best]!, order[rank]!];
    reflect(a, order, rank, right);
    rank++;
  }
  const solution = new Float64Array(a.length);
  for (let k = rank - 1; k >= 0; k--) {
    let rest = right[k]!;
    for (let l = k + 1; l < rank; l++) rest -= a[order[l]!]![k]! * solution[order[l]!]!;
    solution[order[k]!] = rest / a[order[k]!]![k]!;
  }
  const used = new Set(order.slice(0, rank));
  return {
    solution: solution.map((value, j) => value / scales[j]!),
    rank,
    isUsed: a.map((_, j) => used.has(j)),
  };
}

function longest(
  a: readonly Float64Array[],
  order: readonly number[],
  from: number,
): readonly [number, number] {
  let [best, most] = [from, -1];
  for (let k = from; k < order.length; k++) {
    const length = norm(a[order[k]!]!, from);
    if (length > most) [best, most] = [k, length];
  }
  return [best, most];
}

/** H = 1 − 2·vvᵀ / vᵀv with v = x ± ‖x‖·e: it makes column `k` zero below row `k`, and turns the others along. */
function reflect(a: readonly Float64Array[], order: readonly number[], k: number, right: Float64Array): void {
  const own = a[order[k]!]!;
  const length = norm(own, k) * (own[k]! > 0 ? -1 : 1);
  const v = own.slice(k);
  v[0]! -= length;
  const square = v.reduce((sum, value) => sum + value * value, 0);
  const turned = order.slice(k + 1).map((j) => a[j]!);
  for (const column of [...turned, right]) {
    let along = 0;
    for (let i = 0; i < v.length; i++) along += v[i]! * column[k + i]!;
    along *= 2 / square;
    for (let i = 0; i < v.length; i++) column[k + i]! -= along * v[i]!;
  }
  own.fill(0, k);
  own[k] = length;
}

function norm(values: ArrayLike<number>, from: number): number {
  let sum = 0;
  for (let i = from; i < values.length; i++) sum += values[i]! * values[i]!;
  return Math.sqrt(sum);
}
