import { checkPositive } from '../../functional/check.ts';
import { huber as call, type HuberOptions } from '../../functional/huber.ts';
import { type Loss, valueLoss } from './loss.ts';

/**
 * Squared error near the target, absolute error far from it: the mean of ½e² where |e| ≤ δ, else δ|e| − ½δ².
 *
 * Paper: P. Huber, Robust estimation of a location parameter (1964).
 *
 * @throws RangeError when delta is not positive
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.huber({ delta: 2 }) });
 */
export function huber({ delta = 1 }: HuberOptions = {}): Loss {
  checkPositive(delta, 'huber: delta');
  return {
    ...valueLoss('huber', (targets, predictions) => call(targets, predictions, { delta })),
    config: () => ({ delta }),
  };
}
