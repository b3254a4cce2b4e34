import { meanAbsoluteError as call } from '../../functional/meanAbsoluteError.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * Mean of the absolute differences: (1/K) Σ |t − p|. Where p = t the gradient is 0.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.meanAbsoluteError() });
 */
export function meanAbsoluteError(): Loss {
  return valueLoss('meanAbsoluteError', call);
}
