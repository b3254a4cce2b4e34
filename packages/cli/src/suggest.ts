/**
 * The known name that was probably meant; undefined when none is near.
 *
 * @example
 * suggest('minst', ['mnist', 'digits']); // 'mnist'
 */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const typed = plain(name);
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const text = plain(candidate);
    // What somebody abbreviates is meant, however much is missing.
    const isStart = typed.length >= SHORTEST_START && text.startsWith(typed);
    const distance = isStart ? 0 : editDistance(typed, text);
    const allowed = Math.max(1, Math.floor(Math.max(typed.length, text.length) * TOLERANCE));
    if (distance <= allowed && (best === undefined || distance < best.distance)) {
      best = { name: candidate, distance };
    }
  }
  return best?.name;
}

const SHORTEST_START = 2;
/** Share of the letters that may be wrong. */
const TOLERANCE = 0.4;

/** Case, hyphens and underscores are no difference. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, '');
}

/** Insertions, deletions, exchanges, and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
      }
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
