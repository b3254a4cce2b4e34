import { meanSquaredLogarithmicError as call } from '../../functional/meanSquaredLogarithmicError.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * Mean squared difference of logarithms: (1/K) Σ (ln(1 + t) − ln(1 + p))². Values below 1e-7 count as 1e-7.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.meanSquaredLogarithmicError() });
 */
export function meanSquaredLogarithmicError(): Loss {
  return valueLoss('meanSquaredLogarithmicError', call);
}
