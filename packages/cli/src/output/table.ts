/**
 * Lines of aligned columns: the first one to the left, the others to the right, where numbers belong.
 *
 * @param rows of the same length
 * @param words the other columns hold words and go to the left too
 */
export function table(
  rows: readonly (readonly string[])[],
  { words = false }: { words?: boolean } = {},
): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((text, column) =>
        column === 0 || words ? text.padEnd(widths[column]!) : text.padStart(widths[column]!),
      )
      .join('   ')
      .trimEnd(),
  );
}
