import { logCosh as call } from '../../functional/logCosh.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * Mean of ln cosh(p − t): like ½e² for small errors and |e| − ln 2 for large ones, with the gradient tanh e.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.logCosh() });
 */
export function logCosh(): Loss {
  return valueLoss('logCosh', call);
}
