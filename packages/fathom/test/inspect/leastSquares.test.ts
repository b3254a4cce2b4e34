import { describe, expect, it } from 'vitest';
import { leastSquares } from '../../src/inspect/index.ts';
import { someNumbers } from './support.ts';

const columnsOf = (count: number, rows: number, seed = 1) =>
  Array.from({ length: count }, (_, j) => Float64Array.from(someNumbers(rows, seed + j)));

function residual(columns: readonly ArrayLike<number>[], y: ArrayLike<number>, solution: Float64Array) {
  return Float64Array.from(y, (value, i) =>
    columns.reduce((rest, column, j) => rest - solution[j]! * column[i]!, value),
  );
}

describe('leastSquares', () => {
  it.each([
    [1, 5],
    [4, 4],
    [6, 30],
  ])('leaves an error that is perpendicular to each of %i columns of %i', (count, rows) => {
    const columns = columnsOf(count, rows);
    const y = someNumbers(rows, 99);
    const { solution, rank } = leastSquares(columns, y);
    const rest = residual(columns, y, solution);
    expect(rank).toBe(count);
    for (const column of columns) {
      const along = column.reduce((sum, value, i) => sum + value * rest[i]!, 0);
      expect(along).toBeCloseTo(0, 10);
    }
  });

  it('finds what the target was made of', () => {
    const columns = columnsOf(5, 20, 3);
    const made = [2, -1, 0.5, 0, 7];
    const y = Float64Array.from({ length: 20 }, (_, i) =>
      columns.reduce((sum, column, j) => sum + made[j]! * column[i]!, 0),
    );
    leastSquares(columns, y).solution.forEach((value, j) => {
      expect(value).toBeCloseTo(made[j]!, 10);
    });
  });

  it('leaves out columns that others make up, and comes as near', () => {
    const [a, b] = columnsOf(2, 12) as [Float64Array, Float64Array];
    const sum = a.map((value, i) => 3 * value - b[i]!);
    const y = someNumbers(12, 5);
    const whole = leastSquares([a, sum, b, new Float64Array(12)], y);
    expect(whole.rank).toBe(2);
    expect(whole.isUsed.filter(Boolean)).toHaveLength(2);
    const square = (values: Float64Array) => values.reduce((total, value) => total + value * value, 0);
    const two = leastSquares([a, b], y);
    expect(square(residual([a, sum, b], y, whole.solution))).toBeCloseTo(
      square(residual([a, b], y, two.solution)),
      10,
    );
  });

  it('does not mind how large a column is', () => {
    const [a, b] = columnsOf(2, 9) as [Float64Array, Float64Array];
    const y = someNumbers(9, 8);
    const plain = leastSquares([a, b], y);
    const scaled = leastSquares([a.map((value) => 1e9 * value), b.map((value) => 1e-9 * value)], y);
    expect(scaled.rank).toBe(2);
    expect(scaled.solution[0]! * 1e9).toBeCloseTo(plain.solution[0]!, 10);
    expect(scaled.solution[1]! * 1e-9).toBeCloseTo(plain.solution[1]!, 10);
  });

  it('says which column is too short', () => {
    expect(() => leastSquares([[1, 2], [1]], [1, 2])).toThrow(
      'expected columns of 2 numbers, as the target has; received 1 in column 1',
    );
  });
});
