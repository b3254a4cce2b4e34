import { cosineSimilarity as cosine } from '../../functional/cosineSimilarity.ts';
import { negative } from '../../ops/index.ts';
import { type Loss, valueLoss } from './loss.ts';

export interface CosineSimilarityOptions {
  /** Along which the vectors lie. Default −1, the last. */
  readonly axis?: number | undefined;
}

/**
 * Negative cosine of the angle between targets and predictions, as in Keras: −1 for the same direction, 1 for opposite
 * ones. Lengths below 1e-7 count as 1e-7, so a vector of zeros gives 0.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.cosineSimilarity() });
 */
export function cosineSimilarity({ axis = -1 }: CosineSimilarityOptions = {}): Loss {
  return {
    ...valueLoss('cosineSimilarity', (targets, predictions) => negative(cosine(targets, predictions, axis))),
    config: () => ({ axis }),
  };
}
