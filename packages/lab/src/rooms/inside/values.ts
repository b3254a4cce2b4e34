/**
 * The numbers of a sample in a text: a CSV file whose rows are samples, of which the columns that hold no numbers are
 * left out, or a file that is one sample, step by step.
 *
 * @param size numbers of a sample
 * @param row which row of the table, counted from 0
 * @throws Error with a sentence for the reader when there are not as many numbers
 * @example
 * sampleIn('a,b,kind\n1,2,x\n3,4,y', 2, 1).values; // [3, 4]
 */
export function sampleIn(text: string, size: number, row: number): { values: number[]; rows: number } {
  const cells = text
    .split(/\r?\n/)
    .map((line) => line.split(/[,;\t ]+/).filter((cell) => cell.trim() !== ''))
    .filter((line) => line.length > 0);
  const numbers = cells
    .map((line) => line.map(Number).filter(Number.isFinite))
    .filter((line) => line.length > 0);
  const table = numbers.filter((line) => line.length >= size);
  if (table.length > 0) return { values: table[row % table.length]!.slice(0, size), rows: table.length };
  const whole = numbers.flat();
  if (whole.length === size) return { values: whole, rows: 1 };
  throw new Error(
    `Expected rows of ${size} numbers, or ${size} numbers in all; received ${numbers.length} rows of ${numbers[0]?.length ?? 0} numbers. Choose a table of samples for this network.`,
  );
}

/** Numbers as a link holds them. */
export function printValues(values: ArrayLike<number>): string {
  return Array.from(values, (value) => String(Number(value.toPrecision(6)))).join(',');
}

/** Reads them again; undefined for anything else. */
export function parseValues(text: string): number[] | undefined {
  if (text === '') return undefined;
  const values = text.split(',').map(Number);
  return values.every(Number.isFinite) ? values : undefined;
}
