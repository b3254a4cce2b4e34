import { type ColumnStatistics, DataError, meanAndStd, parseCsv, standardize } from 'fathom';

/** Rows of numbers with a class each. */
export interface Table {
  /** [rows, columns], each column with mean 0 and deviation 1. */
  readonly values: Float32Array;
  /** The same numbers as they stand in the file. */
  readonly written: Float64Array;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /** The columns of numbers, with what they were standardized by. */
  readonly columns: readonly ColumnStatistics[];
  /** Rows left out, because a value is missing. */
  readonly dropped: number;
}

/**
 * Reads a CSV file (RFC 4180; commas, semicolons or tabs) with a head: the class stands in the column called label,
 * class, target, species or y, else in the last one; columns that hold no numbers are left out.
 *
 * @throws DataError when there are no rows, no numbers, or not two classes or more
 */
export function parseTable(text: string, where: string): Table {
  const [head = [], ...body] = parseCsv(text);
  if (body.length < 2 || head.length < 2) {
    throw bad(
      where,
      'a head and two rows or more, of two columns or more',
      `${body.length} rows below a head of ${head.length} columns`,
    );
  }
  const named = head.findIndex((name) => LABEL_NAMES.has(name.trim().toLowerCase()));
  const labelColumn = named >= 0 ? named : head.length - 1;
  const odd = body.findIndex((row) => row.length !== head.length);
  if (odd >= 0) {
    throw bad(`${where}, row ${odd + 2}`, `${head.length} values, as the head has`, `${body[odd]!.length}`);
  }
  const isNumber = (cell: string) => cell.trim() !== '' && Number.isFinite(Number(cell));
  const numeric = head
    .map((_, column) => column)
    .filter(
      (column) =>
        column !== labelColumn && body.filter((row) => isNumber(row[column]!)).length > 0.9 * body.length,
    );
  if (numeric.length === 0) throw bad(where, 'a column of numbers beside that of the class', 'none');
  const rows = body.filter(
    (row) => row[labelColumn]!.trim() !== '' && numeric.every((column) => isNumber(row[column]!)),
  );
  const classes = [...new Set(rows.map((row) => row[labelColumn]!.trim()))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  if (classes.length < 2 || classes.length > MOST_CLASSES) {
    throw bad(`${where}, column ${head[labelColumn]}`, `2 to ${MOST_CLASSES} classes`, `${classes.length}`);
  }
  const values = new Float32Array(rows.length * numeric.length);
  const written = new Float64Array(values.length);
  const columns = numeric.map((column, j): ColumnStatistics => {
    const own = rows.map((row) => Number(row[column]));
    const statistics = meanAndStd(own);
    standardize(own, statistics).forEach((value, i) => {
      values[i * numeric.length + j] = value;
      written[i * numeric.length + j] = own[i]!;
    });
    return { name: head[column]!.trim(), ...statistics };
  });
  const numbers = new Map(classes.map((name, i) => [name, i]));
  return {
    values,
    written,
    labels: Int32Array.from(rows, (row) => numbers.get(row[labelColumn]!.trim())!),
    classes,
    columns,
    dropped: body.length - rows.length,
  };
}

const LABEL_NAMES = new Set(['label', 'class', 'target', 'species', 'y', 'survived']);
const MOST_CLASSES = 200;

function bad(where: string, expected: string, received: string): DataError {
  return new DataError({
    what: 'this table cannot be learned from',
    where,
    expected,
    received,
    fix: 'Give a CSV file with a head, columns of numbers, and one column with the class.',
  });
}
