import { hinge as call } from '../../functional/hinge.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * The loss of support vector machines: (1/K) Σ max(1 − t·p, 0) for targets −1 and 1, where 0 counts as −1.
 *
 * @example
 * model.compile({ optimizer: 'sgd', loss: losses.hinge() });
 */
export function hinge(): Loss {
  return valueLoss('hinge', call, 'sides');
}
