/**
 * Lines of aligned columns: the first one to the left, the others to the right.
 *
 * @param rows of the same length; the first one is the head
 */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)))
      .join('   ')
      .trimEnd(),
  );
}
