import { meanAbsolutePercentageError as call } from '../../functional/meanAbsolutePercentageError.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * Mean of the absolute differences in per cent of the targets: (100/K) Σ |t − p| / max(|t|, 1e-7).
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.meanAbsolutePercentageError() });
 */
export function meanAbsolutePercentageError(): Loss {
  return valueLoss('meanAbsolutePercentageError', call);
}
