import type { InsideGradients, InsideView } from '../../engine/insideTypes.ts';

/** Vectors so short are drawn as numbers with names. */
const MOST_NAMED = 12;

/** A layer as it is drawn: what it gave, or its gradient. */
export interface Shown {
  readonly id: string;
  readonly shape: readonly number[];
  /** Undefined where there is no gradient. */
  readonly values: Float32Array | undefined;
  /** Parts of a whole of 1. */
  readonly isShare: boolean;
  readonly from: readonly string[];
  /** What each number of a short vector is called; those of others are drawn as pictures. */
  readonly names: readonly string[] | undefined;
  /** Whole numbers, which are no amounts. */
  readonly isTokens: boolean;
}

/** The layers of a network: what they gave, or backward what their gradients are, as far as they are there. */
export function shownOf(
  view: InsideView,
  gradients: InsideGradients | undefined,
  isBackward: boolean,
): readonly Shown[] {
  return view.layers.map(({ id, type, shape, values, activation, from }, i) => {
    const slopes = gradients?.layers[i];
    return {
      id,
      shape,
      values: isBackward ? (slopes?.gradient ?? slopes?.preActivationGradient) : values,
      isShare: !isBackward && (activation === 'softmax' || type === 'softmax'),
      from,
      names: namesOf(view, id, shape),
      isTokens: from.length === 0 && view.input.kind === 'tokens' && !isBackward,
    };
  });
}

/** What the numbers of a short vector are called. */
function namesOf(
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
