import { checkNumber, checkPositive } from '../checkNumber.ts';
import type { Schedule } from './schedule.ts';

export interface OneCycleOptions {
  /** The rate at the top of the cycle. */
  readonly maxLearningRate: number;
  /** Steps of the whole run, two or more. */
  readonly totalSteps: number;
  /** The share of the steps in which the rate grows, in (0, 1). Default 0.3. */
  readonly warmupShare?: number | undefined;
  /** The rate begins at maxLearningRate / divFactor. Default 25. */
  readonly divFactor?: number | undefined;
  /** The rate ends at the first one / finalDivFactor. Default 10⁴. */
  readonly finalDivFactor?: number | undefined;
  /** The form of both ways. Default 'cosine'. */
  readonly anneal?: 'cosine' | 'linear' | undefined;
}

/**
 * Up once and down once over the whole run: from max / divFactor to max in the first warmupShare · totalSteps steps,
 * then down to max / divFactor / finalDivFactor at step totalSteps − 1, which stays. Defaults and places are those of
 * PyTorch's OneCycleLR; Keras has none.
 *
 * Paper: L. Smith, N. Topin, Super-convergence: very fast training of neural networks using large learning rates (2018).
 *
 * @throws RangeError on rates or factors that are not positive, fewer than two steps, or a share outside (0, 1)
 * @example
 * sgd({ momentum: 0.9, learningRate: schedules.oneCycle({ maxLearningRate: 0.4, totalSteps: 9_380 }) });
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  const { maxLearningRate, totalSteps, warmupShare = 0.3, divFactor = 25, finalDivFactor = 1e4 } = options;
  const { anneal = 'cosine' } = options;
  checkPositive(maxLearningRate, 'oneCycle: maxLearningRate');
  checkNumber(totalSteps, 'oneCycle: totalSteps', 'a number of 2 or more', (steps) => steps >= 2);
  checkNumber(warmupShare, 'oneCycle: warmupShare', 'a number in (0, 1)', (n) => n > 0 && n < 1);
  checkPositive(divFactor, 'oneCycle: divFactor');
  checkPositive(finalDivFactor, 'oneCycle: finalDivFactor');
  if (anneal !== 'cosine' && anneal !== 'linear') {
    throw new RangeError(`oneCycle: expected anneal cosine or linear; received ${JSON.stringify(anneal)}.`);
  }
  const first = maxLearningRate / divFactor;
  const last = first / finalDivFactor;
  const top = warmupShare * totalSteps - 1;
  const between = (from: number, to: number, done: number) =>
    anneal === 'linear' ? from + (to - from) * done : to + ((from - to) / 2) * (1 + Math.cos(Math.PI * done));
  return {
    name: 'oneCycle',
    config: () => ({ maxLearningRate, totalSteps, warmupShare, divFactor, finalDivFactor, anneal }),
    at(step) {
      if (step <= top) return between(first, maxLearningRate, step / top);
      return between(maxLearningRate, last, Math.min(1, (step - top) / (totalSteps - 1 - top)));
    },
  };
}
