const UNITS = ['B', 'kB', 'MB', 'GB'];

/** A size in memory, in words: three digits of it. */
export function bytesText(count: number): string {
  const unit = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, count)) / 10));
  return `${Number((count / 1024 ** unit).toPrecision(3)).toLocaleString('en')} ${UNITS[unit]}`;
}
