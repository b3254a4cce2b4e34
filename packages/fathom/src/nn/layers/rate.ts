/**
 * The share of something that is dropped.
 *
 * @param below whether 1 itself is out of range
 * @throws RangeError on anything but a number in [0, 1]
 */
export function checkRate(rate: unknown, name: string, below = false): number {
  if (typeof rate === 'number' && rate >= 0 && (below ? rate < 1 : rate <= 1)) return rate;
  throw new RangeError(
    `${name}: rate: expected a share in [0, 1${below ? ')' : ']'}; received ${String(rate)}.`,
  );
}
