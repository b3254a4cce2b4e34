import type { ColumnStatistics } from './csv.ts';
import { sampleSize } from './dataset.ts';

/**
 * What the columns of tables were standardized by for training, as a run stores it: of a model with one input, or with
 * one that takes rows, a list; of others lists by the names of the inputs.
 */
export type StoredColumns =
  | readonly ColumnStatistics[]
  | Readonly<Record<string, readonly ColumnStatistics[]>>;

/** What an input takes, as far as columns depend on it. */
export interface ColumnTaker {
  readonly name: string;
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly dtype: string;
}

/** Whether something, as from a file, tells of columns: each with a name, a mean and a deviation of at least 0. */
export function isStoredColumns(value: unknown): value is StoredColumns {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) ? value.every(isColumn) : Object.values(value).every(isColumnList);
}

/**
 * For each input of a model the columns by which its rows are standardized; undefined where nothing is known.
 *
 * A list is that of an only input of as many numbers. Of several inputs it is cut, in their order, among those that take
 * rows of float32 numbers, if it has as many columns as they have numbers together. A record has a list by the name of
 * each input, of as many columns as it has numbers.
 *
 * @example
 * const inputs = [
 *   { name: 'photo', shape: [8, 8, 3], dtype: 'float32' },
 *   { name: 'facts', shape: [1], dtype: 'float32' },
 * ];
 * columnsOfInputs([{ name: 'age', mean: 40, std: 8 }], inputs)[1]; // [{ name: 'age', mean: 40, std: 8 }]
 */
export function columnsOfInputs(
  stored: StoredColumns | undefined,
  inputs: readonly ColumnTaker[],
): (readonly ColumnStatistics[] | undefined)[] {
  if (stored === undefined) return inputs.map(() => undefined);
  if (!isList(stored)) {
    return inputs.map(({ name, shape }) => {
      const own = Object.hasOwn(stored, name) ? stored[name] : undefined;
      return own?.length === sampleSize(shape) ? own : undefined;
    });
  }
  const isTaker = ({ shape, dtype }: ColumnTaker) =>
    inputs.length === 1 || (shape.length === 1 && dtype === 'float32');
  const total = inputs.filter(isTaker).reduce((sum, input) => sum + sampleSize(input.shape), 0);
  if (stored.length !== total) return inputs.map(() => undefined);
  let taken = 0;
  return inputs.map((input) => {
    if (!isTaker(input)) return undefined;
    taken += sampleSize(input.shape);
    return stored.slice(taken - sampleSize(input.shape), taken);
  });
}

function isList(stored: StoredColumns): stored is readonly ColumnStatistics[] {
  return Array.isArray(stored);
}

function isColumnList(value: unknown): value is readonly ColumnStatistics[] {
  return Array.isArray(value) && value.every(isColumn);
}

function isColumn(value: unknown): value is ColumnStatistics {
  const { name, mean, std } = (value ?? {}) as Partial<Record<keyof ColumnStatistics, unknown>>;
  return typeof name === 'string' && Number.isFinite(mean) && Number.isFinite(std) && (std as number) >= 0;
}
