import { squaredHinge as call } from '../../functional/hinge.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * Squared hinge loss: (1/K) Σ max(1 − t·p, 0)² for targets −1 and 1, where 0 counts as −1.
 *
 * @example
 * model.compile({ optimizer: 'sgd', loss: losses.squaredHinge() });
 */
export function squaredHinge(): Loss {
  return valueLoss('squaredHinge', call, 'sides');
}
