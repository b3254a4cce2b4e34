import type { InsideView } from '../../engine/insideTypes.ts';

/** Vectors so short are drawn as numbers with names. */
const MOST_NAMED = 12;

/** What the numbers of a short vector are called. */
export function namesOf(
  { input, output, classes, layers }: InsideView,
  id: string,
  shape: readonly number[],
): readonly string[] | undefined {
  const [count = 1, ...others] = shape;
  if (others.length > 0) return undefined;
  if (id === output && classes.length === count) return classes;
  const isInput = id === layers[0]?.id;
  if (isInput && input.names) return input.names;
  const isShort = count <= (isInput ? 2 * MOST_NAMED : MOST_NAMED);
  const word = isInput ? (input.kind === 'tokens' ? 'step' : 'x') : '';
  return isShort ? Array.from({ length: count }, (_, i) => `${word} ${i}`.trim()) : undefined;
}
