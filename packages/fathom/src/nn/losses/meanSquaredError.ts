import { meanSquaredError as call } from '../../functional/meanSquaredError.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * Mean of the squared differences: (1/K) Σ (t − p)².
 *
 * @example
 * model.compile({ optimizer: 'sgd', loss: losses.meanSquaredError() });
 */
export function meanSquaredError(): Loss {
  return valueLoss('meanSquaredError', call);
}
