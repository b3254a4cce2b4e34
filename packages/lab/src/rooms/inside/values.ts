/** Numbers as a link holds them. */
export function printValues(values: readonly number[]): string {
  return Array.from(values, String).join(',');
}

/** Reads them again; undefined for anything else. */
export function parseValues(text: string): number[] | undefined {
  if (text === '') return undefined;
  const values = text.split(',').map(Number);
  return values.every(Number.isFinite) ? values : undefined;
}
