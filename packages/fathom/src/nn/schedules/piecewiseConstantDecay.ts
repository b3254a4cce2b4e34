import { checkNotNegative } from '../checkNumber.ts';
import type { Schedule } from './schedule.ts';

export interface PiecewiseConstantDecayOptions {
  /** The last step of each part but the last one, increasing. */
  readonly boundaries: readonly number[];
  /** The rate of each part; one more than boundaries. */
  readonly values: readonly number[];
}

/**
 * One rate after another: values[0] up to and with step boundaries[0], then values[1] up to and with boundaries[1], …
 *
 * @throws RangeError unless the boundaries increase and there is one value more
 * @example
 * sgd({ learningRate: schedules.piecewiseConstantDecay({ boundaries: [1000, 2000], values: [0.1, 0.01, 0.001] }) });
 */
export function piecewiseConstantDecay(options: PiecewiseConstantDecayOptions): Schedule {
  const boundaries = [...options.boundaries];
  const values = [...options.values];
  const increasing = boundaries.every(
    (bound, i) => Number.isFinite(bound) && (i === 0 || bound > boundaries[i - 1]!),
  );
  if (!increasing) {
    throw new RangeError(
      `piecewiseConstantDecay: expected increasing boundaries; received [${boundaries.join(', ')}].`,
    );
  }
  if (values.length !== boundaries.length + 1) {
    throw new RangeError(
      `piecewiseConstantDecay: expected ${boundaries.length + 1} values, one more than boundaries; received ${values.length}.`,
    );
  }
  for (const value of values) checkNotNegative(value, 'piecewiseConstantDecay: values');
  return {
    name: 'piecewiseConstantDecay',
    config: () => ({ boundaries, values }),
    at(step) {
      const part = boundaries.findIndex((bound) => step <= bound);
      return values[part === -1 ? boundaries.length : part]!;
    },
  };
}
