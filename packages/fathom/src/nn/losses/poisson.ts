import { poisson as call } from '../../functional/poisson.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * Negative log-likelihood of counts under Poisson distributions: (1/K) Σ p − t ln(p + 1e-7).
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.poisson() });
 */
export function poisson(): Loss {
  return valueLoss('poisson', call);
}
