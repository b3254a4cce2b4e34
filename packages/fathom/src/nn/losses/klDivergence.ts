import { klDivergence as call } from '../../functional/klDivergence.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * Kullback–Leibler divergence Σ t ln(t/p) of probabilities, clipped to [1e-7, 1].
 *
 * Paper: S. Kullback, R. Leibler, On information and sufficiency (1951).
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.klDivergence() });
 */
export function klDivergence(): Loss {
  return valueLoss('klDivergence', call);
}
