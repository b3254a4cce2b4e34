import { categoricalHinge as call } from '../../functional/hinge.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * Hinge loss of several classes: max(1 + max (1 − t)·p − Σ t·p, 0) for one-hot targets.
 *
 * @example
 * model.compile({ optimizer: 'sgd', loss: losses.categoricalHinge() });
 */
export function categoricalHinge(): Loss {
  return valueLoss('categoricalHinge', call, 'categorical');
}
