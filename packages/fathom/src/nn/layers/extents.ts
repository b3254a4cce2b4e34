/** How much lies before and after: one integer for both, or [before, after]. */
export type Margins1d = number | readonly [number, number];
/** How much lies around: one integer for all sides, [height, width], or [[top, bottom], [left, right]]. */
export type Margins2d =
  | number
  | readonly [number, number]
  | readonly [readonly [number, number], readonly [number, number]];

/** The axes of a sample [...space, channels], as messages call them. */
export function spaceNames(axes: number): readonly string[] {
  return [[], ['steps'], ['height', 'width'], ['depth', 'height', 'width']][axes] ?? [];
}

/** `[height, width, channels]`, as messages print what a layer expects. */
export function sampleAxes(axes: number): string {
  return `[${[...spaceNames(axes), 'channels'].join(', ')}]`;
}

/**
 * An option that is one integer for all axes of space or a list of one for each, as a list.
 *
 * @throws RangeError on anything else, and on integers below `least`
 */
export function extentsAlong(value: unknown, axes: number, where: string, least: 0 | 1 = 1): number[] {
  const list = Array.isArray(value) ? (value as unknown[]) : new Array<unknown>(axes).fill(value);
  const valid = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= least;
  if (list.length === axes && list.every(valid)) return [...list];
  const kind = ['', 'a list', 'a pair', 'a triple'][axes];
  throw new RangeError(
    `${where}: expected a ${least === 1 ? 'positive' : 'non-negative'} integer or ${kind} [${spaceNames(axes).join(', ')}]; received ${JSON.stringify(value)}.`,
  );
}

/**
 * An option that says how much lies before and after each axis of space: one integer for all, a pair for the one axis
 * or one integer for each of several, or a pair for each of several.
 *
 * @throws RangeError on anything else
 */
export function marginsAlong(value: unknown, axes: 1 | 2, where: string): [number, number][] {
  const valid = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  const pairOf = (item: unknown): [number, number] | undefined => {
    if (valid(item)) return [item, item];
    return Array.isArray(item) && item.length === 2 && item.every(valid) ? [item[0]!, item[1]!] : undefined;
  };
  const items = axes === 1 ? [value] : Array.isArray(value) ? (value as unknown[]) : [value, value];
  const margins = items.map(pairOf);
  if (margins.length === axes && margins.every((pair) => pair !== undefined)) return margins;
  const lists = axes === 1 ? '[before, after]' : '[height, width] or [[top, bottom], [left, right]]';
  throw new RangeError(
    `${where}: expected a non-negative integer, or ${lists}; received ${JSON.stringify(value)}.`,
  );
}
