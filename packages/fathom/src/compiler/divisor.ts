/** The greatest whole number that divides both; the other one where one of them is 0. */
export function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
