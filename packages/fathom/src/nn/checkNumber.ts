/** Throws unless an option is a finite number for which `fits` holds; `expected` says so in words. */
export function checkNumber(
  value: unknown,
  where: string,
  expected = 'a finite number',
  fits: (value: number) => boolean = () => true,
): asserts value is number {
  if (typeof value === 'number' && Number.isFinite(value) && fits(value)) return;
  throw new RangeError(`${where}: expected ${expected}; received ${String(value)}.`);
}

/** Throws unless an option is a finite number of 0 or more. */
export function checkNotNegative(value: unknown, where: string): asserts value is number {
  checkNumber(value, where, 'a finite number of 0 or more', (number) => number >= 0);
}

/** Throws unless an option is a finite number above 0. */
export function checkPositive(value: unknown, where: string): asserts value is number {
  checkNumber(value, where, 'a positive finite number', (number) => number > 0);
}
