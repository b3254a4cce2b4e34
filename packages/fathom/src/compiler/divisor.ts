/** The greatest whole number that divides both; the other one where one of them is 0. */
export function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** The largest divisor of `size` that is not above `most`, at least 1. */
export function largestDivisor(size: number, most: number): number {
  for (let divisor = Math.floor(most); divisor > 1; divisor--) if (size % divisor === 0) return divisor;
  return 1;
}
