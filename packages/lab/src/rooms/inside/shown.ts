import type { InsideGradients, InsideInput, InsideView } from '../../engine/insideTypes.ts';

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
    const input = view.inputs[i];
    const slopes = gradients?.layers[i];
    return {
      id,
      shape,
      values: isBackward ? (slopes?.gradient ?? slopes?.preActivationGradient) : values,
      isShare: !isBackward && (activation === 'softmax' || type === 'softmax'),
      from,
      names: namesOf(view.outputs, input, id, shape),
      isTokens: input?.kind === 'tokens' && !isBackward,
    };
  });
}

/** What the numbers of a short vector are called. */
function namesOf(
  outputs: InsideView['outputs'],
  input: InsideInput | undefined,
  id: string,
  shape: readonly number[],
): readonly string[] | undefined {
  const [count = 1, ...others] = shape;
  if (others.length > 0) return undefined;
  const answer = outputs.find(({ layer, result }) => layer === id && result === 0);
  if (answer?.classes.length === count) return answer.classes;
  // One number of sigmoid speaks for yes.
  if (count === 1 && answer?.classes.length === 2) return [answer.classes[1]!];
  if (input?.columns) return input.columns.map(({ name }) => name);
  const isShort = count <= (input ? 2 * MOST_NAMED : MOST_NAMED);
  const word = input ? (input.kind === 'tokens' ? 'step' : 'x') : '';
  return isShort ? Array.from({ length: count }, (_, i) => `${word} ${i}`.trim()) : undefined;
}
