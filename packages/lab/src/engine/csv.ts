import { DataError, standardize } from 'fathom';

/** Rows of numbers with a class each. */
export interface Table {
  /** [rows, columns], each column with mean 0 and deviation 1. */
  readonly values: Float32Array;
  readonly labels: Int32Array;
  readonly classes: readonly string[];
  /** Names of the columns of numbers. */
  readonly columns: readonly string[];
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
  const [head = [], ...body] = parseRows(text);
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
  numeric.forEach((column, j) => {
    const scaled = standardize(rows.map((row) => Number(row[column])));
    scaled.forEach((value, i) => {
      values[i * numeric.length + j] = value;
    });
  });
  const numbers = new Map(classes.map((name, i) => [name, i]));
  return {
    values,
    labels: Int32Array.from(rows, (row) => numbers.get(row[labelColumn]!.trim())!),
    classes,
    columns: numeric.map((column) => head[column]!.trim()),
    dropped: body.length - rows.length,
  };
}

const LABEL_NAMES = new Set(['label', 'class', 'target', 'species', 'y', 'survived']);
const MOST_CLASSES = 200;

/** Rows of cells; lines without any are left out. */
function parseRows(text: string): string[][] {
  const firstLine = text.slice(0, text.indexOf('\n') >= 0 ? text.indexOf('\n') : undefined);
  const separator = [';', '\t', ','].reduce((best, each) =>
    firstLine.split(each).length > firstLine.split(best).length ? each : best,
  );
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endRow = () => {
    row.push(cell);
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    cell = '';
  };
  for (let i = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0; i < text.length; i++) {
    const letter = text[i]!;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text[i + 1] === '"') cell += text[++i];
      else quoted = false;
    } else if (letter === '"' && cell === '') quoted = true;
    else if (letter === separator) {
      row.push(cell);
      cell = '';
    } else if (letter === '\n') endRow();
    else if (letter !== '\r') cell += letter;
  }
  if (cell !== '' || row.length > 0) endRow();
  return rows;
}

const BYTE_ORDER_MARK = 0xfeff;

function bad(where: string, expected: string, received: string): DataError {
  return new DataError({
    what: 'this table cannot be learned from',
    where,
    expected,
    received,
    fix: 'Give a CSV file with a head, columns of numbers, and one column with the class.',
  });
}
