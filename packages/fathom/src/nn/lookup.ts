/**
 * The entry of `table` with the given name; the error for an unknown one lists the names and guesses the meant one.
 */
export function lookUp<T>(table: Readonly<Record<string, T>>, name: string, what: string): T {
  if (Object.hasOwn(table, name)) return table[name]!;
  const names = Object.keys(table);
  const meant = closest(name, names);
  const guess = meant === undefined ? '' : ` Did you mean '${meant}'?`;
  throw new RangeError(`${what}: expected one of ${names.join(', ')}; received '${name}'.${guess}`);
}

/**
 * The name most like `name`, if one is like it. Case and underscores do not count, so Keras' names are found, and so
 * are its short ones: acc for accuracy, mse for meanSquaredError, bce for binaryCrossentropy.
 */
export function closest(name: string, names: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const initials = (text: string) => plain(text[0] + text.replaceAll(/[^A-Z]/g, ''));
  const short = names.find(
    (candidate) =>
      (plain(name).length >= 2 && plain(candidate).startsWith(plain(name))) ||
      initials(candidate) === plain(name),
  );
  if (short !== undefined) return short;
  let best: { name: string; distance: number } | undefined;
  for (const candidate of names) {
    const distance = editDistance(plain(name), plain(candidate));
    if (!best || distance < best.distance) best = { name: candidate, distance };
  }
  if (best && best.distance <= Math.max(1, Math.floor(plain(best.name).length / 3))) return best.name;
  return names.find((candidate) => abbreviates(plain(name), plain(candidate)));
}

/** bce for binarycrossentropy, huberloss for huber. */
function abbreviates(short: string, long: string): boolean {
  if (short.startsWith(long)) return long.length >= SHORTEST_ABBREVIATION;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at++;
  return short.length >= SHORTEST_ABBREVIATION && at === short.length && short[0] === long[0];
}

const SHORTEST_ABBREVIATION = 3;

/** Levenshtein distance: insertions, deletions and exchanges of one character. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, exchanged));
    }
    row = next;
  }
  return row[b.length]!;
}
