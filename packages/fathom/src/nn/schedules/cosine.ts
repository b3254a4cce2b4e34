import { checkNotNegative, checkNumber, checkPositive } from '../checkNumber.ts';
import type { Schedule } from './schedule.ts';

export interface CosineDecayOptions {
  readonly initialLearningRate: number;
  /** Steps of the decay, after those of the warm-up. */
  readonly decaySteps: number;
  /** What is left at the end, as a share of the rate the decay begins with. Default 0. */
  readonly alpha?: number | undefined;
  /** The rate at the end of the warm-up; without it there is none. */
  readonly warmupTarget?: number | undefined;
  /** Default 0. */
  readonly warmupSteps?: number | undefined;
}

export interface CosineDecayRestartsOptions {
  readonly initialLearningRate: number;
  /** Steps of the first decay. */
  readonly firstDecaySteps: number;
  /** How many times as long each decay is as the one before, 1 or more. Default 2. */
  readonly tMul?: number | undefined;
  /** The first rate of each decay, as a share of that of the one before. Default 1. */
  readonly mMul?: number | undefined;
  /** What is left at the end of a decay, as a share of the initial rate. Default 0. */
  readonly alpha?: number | undefined;
}

/**
 * A straight line from initialLearningRate to warmupTarget in warmupSteps, if there is a target; then half a cosine:
 * rate = start · ((1 − alpha) · ½(1 + cos(π·step / decaySteps)) + alpha).
 *
 * Papers: I. Loshchilov, F. Hutter, SGDR: Stochastic gradient descent with warm restarts (2017); for the warm-up,
 * P. Goyal et al., Accurate, large minibatch SGD (2017).
 *
 * @throws RangeError on rates that are negative, or steps that are not positive
 * @example
 * adam({
 *   learningRate: schedules.cosineDecay({
 *     initialLearningRate: 0, warmupTarget: 1e-3, warmupSteps: 500, decaySteps: 10_000,
 *   }),
 * });
 */
export function cosineDecay(options: CosineDecayOptions): Schedule {
  const { initialLearningRate, decaySteps, alpha = 0, warmupTarget, warmupSteps = 0 } = options;
  checkNotNegative(initialLearningRate, 'cosineDecay: initialLearningRate');
  checkPositive(decaySteps, 'cosineDecay: decaySteps');
  checkNotNegative(alpha, 'cosineDecay: alpha');
  checkNotNegative(warmupSteps, 'cosineDecay: warmupSteps');
  if (warmupTarget !== undefined) checkNotNegative(warmupTarget, 'cosineDecay: warmupTarget');
  else if (warmupSteps > 0) {
    throw new RangeError(
      `cosineDecay: expected warmupTarget, the rate that the ${warmupSteps} steps of the warm-up lead to; received none.`,
    );
  }
  return {
    name: 'cosineDecay',
    config: () => ({
      initialLearningRate,
      decaySteps,
      alpha,
      warmupSteps,
      ...(warmupTarget === undefined ? {} : { warmupTarget }),
    }),
    at(step) {
      if (step < warmupSteps) {
        return initialLearningRate + ((warmupTarget! - initialLearningRate) * step) / warmupSteps;
      }
      const done = Math.min(1, (step - warmupSteps) / decaySteps);
      return (warmupTarget ?? initialLearningRate) * ((1 - alpha) * halfCosine(done) + alpha);
    },
  };
}

/**
 * Half cosines one after another: the i-th one takes firstDecaySteps · tMul^i steps and begins at mMul^i times the
 * initial rate: rate = initial · ((1 − alpha) · mMul^i · ½(1 + cos(π·done)) + alpha).
 *
 * Paper: I. Loshchilov, F. Hutter, SGDR: Stochastic gradient descent with warm restarts (2017).
 *
 * @throws RangeError on rates that are negative, steps that are not positive, or tMul below 1
 * @example
 * sgd({ learningRate: schedules.cosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 1000 }) });
 */
export function cosineDecayRestarts(options: CosineDecayRestartsOptions): Schedule {
  const { initialLearningRate, firstDecaySteps, tMul = 2, mMul = 1, alpha = 0 } = options;
  checkNotNegative(initialLearningRate, 'cosineDecayRestarts: initialLearningRate');
  checkPositive(firstDecaySteps, 'cosineDecayRestarts: firstDecaySteps');
  checkNumber(tMul, 'cosineDecayRestarts: tMul', 'a finite number of 1 or more', (number) => number >= 1);
  checkNotNegative(mMul, 'cosineDecayRestarts: mMul');
  checkNotNegative(alpha, 'cosineDecayRestarts: alpha');
  return {
    name: 'cosineDecayRestarts',
    config: () => ({ initialLearningRate, firstDecaySteps, tMul, mMul, alpha }),
    at(step) {
      const { period, done } = periodOf(step / firstDecaySteps, tMul);
      return initialLearningRate * ((1 - alpha) * mMul ** period * halfCosine(done) + alpha);
    },
  };
}

/** Which decay a time lies in, and how far; the time in lengths of the first one. */
function periodOf(time: number, tMul: number): { period: number; done: number } {
  if (tMul === 1) return { period: Math.floor(time), done: time % 1 };
  // Counted instead of found by logarithms, which would miss the very step of a restart by rounding.
  let left = time;
  let [period, length] = [0, 1];
  while (left >= length) {
    left -= length;
    length *= tMul;
    period++;
  }
  return { period, done: left / length };
}

function halfCosine(done: number): number {
  return 0.5 * (1 + Math.cos(Math.PI * done));
}
