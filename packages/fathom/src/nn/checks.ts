/** Throws unless an option is a positive integer. */
export function checkPositiveInteger(value: unknown, where: string): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new RangeError(`${where}: expected a positive integer; received ${String(value)}.`);
  }
}

/** Throws unless an option is a positive integer or a pair of them. */
export function checkPair(
  value: unknown,
  where: string,
): asserts value is number | readonly [number, number] {
  const pair = Array.isArray(value) ? (value as unknown[]) : [value, value];
  if (pair.length !== 2 || !pair.every((n) => Number.isSafeInteger(n) && (n as number) >= 1)) {
    throw new RangeError(
      `${where}: expected a positive integer or a pair [height, width]; received ${JSON.stringify(value)}.`,
    );
  }
}

/** Throws unless an option is one of a few words. */
export function checkChoice(value: unknown, choices: readonly string[], where: string): void {
  if (!choices.includes(value as string)) {
    throw new RangeError(
      `${where}: expected one of ${choices.join(', ')}; received ${JSON.stringify(value)}.`,
    );
  }
}
