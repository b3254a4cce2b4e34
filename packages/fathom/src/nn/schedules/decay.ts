import { checkNotNegative, checkNumber, checkPositive } from '../checkNumber.ts';
import type { Schedule } from './schedule.ts';

export interface ExponentialDecayOptions {
  readonly initialLearningRate: number;
  /** Steps in which the rate falls by `decayRate` once. */
  readonly decaySteps: number;
  readonly decayRate: number;
  /** Falls at whole multiples of `decaySteps` only. Default false. */
  readonly staircase?: boolean | undefined;
}

export interface StepDecayOptions {
  readonly initialLearningRate: number;
  /** Steps from one drop to the next. */
  readonly dropSteps: number;
  /** What is left of the rate after a drop. Default 0.1. */
  readonly dropRate?: number | undefined;
}

export interface PolynomialDecayOptions {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  /** Default 10⁻⁴. */
  readonly endLearningRate?: number | undefined;
  /** 1 is a straight line. Default 1. */
  readonly power?: number | undefined;
  /** Begins again at the end, each time over one `decaySteps` more. Default false: the end rate stays. */
  readonly cycle?: boolean | undefined;
}

/**
 * rate = initial · decayRate^(step / decaySteps); with `staircase`, of ⌊step / decaySteps⌋.
 *
 * @throws RangeError on rates that are negative, or steps that are not positive
 * @example
 * sgd({ learningRate: schedules.exponentialDecay({ initialLearningRate: 0.1, decaySteps: 1000, decayRate: 0.96 }) });
 */
export function exponentialDecay(options: ExponentialDecayOptions): Schedule {
  const { initialLearningRate, decaySteps, decayRate, staircase = false } = options;
  checkDecay('exponentialDecay', options);
  return {
    name: 'exponentialDecay',
    config: () => ({ initialLearningRate, decaySteps, decayRate, staircase }),
    at: (step) => initialLearningRate * decayRate ** share(step, decaySteps, staircase),
  };
}

/**
 * rate = initial / (1 + decayRate · step / decaySteps); with `staircase`, of ⌊step / decaySteps⌋.
 *
 * @throws RangeError on rates that are negative, or steps that are not positive
 * @example
 * sgd({ learningRate: schedules.inverseTimeDecay({ initialLearningRate: 0.1, decaySteps: 1000, decayRate: 0.5 }) });
 */
export function inverseTimeDecay(options: ExponentialDecayOptions): Schedule {
  const { initialLearningRate, decaySteps, decayRate, staircase = false } = options;
  checkDecay('inverseTimeDecay', options);
  return {
    name: 'inverseTimeDecay',
    config: () => ({ initialLearningRate, decaySteps, decayRate, staircase }),
    at: (step) => initialLearningRate / (1 + decayRate * share(step, decaySteps, staircase)),
  };
}

/**
 * Drops at equal distances: rate = initial · dropRate^⌊step / dropSteps⌋.
 *
 * @throws RangeError on rates that are negative, or steps that are not positive
 * @example
 * sgd({ learningRate: schedules.stepDecay({ initialLearningRate: 0.1, dropSteps: 5000 }) });
 */
export function stepDecay(options: StepDecayOptions): Schedule {
  const { initialLearningRate, dropSteps, dropRate = 0.1 } = options;
  checkNotNegative(initialLearningRate, 'stepDecay: initialLearningRate');
  checkPositive(dropSteps, 'stepDecay: dropSteps');
  checkNotNegative(dropRate, 'stepDecay: dropRate');
  return {
    name: 'stepDecay',
    config: () => ({ initialLearningRate, dropSteps, dropRate }),
    at: (step) => initialLearningRate * dropRate ** share(step, dropSteps, true),
  };
}

/**
 * rate = (initial − end) · (1 − step / decaySteps)^power + end. After the last of the steps the end rate stays, or,
 * with `cycle`, decaySteps counts as many times as the step lies beyond it.
 *
 * @throws RangeError on rates that are negative, or steps or a power that are not positive
 * @example
 * sgd({ learningRate: schedules.polynomialDecay({ initialLearningRate: 0.1, decaySteps: 10_000, power: 2 }) });
 */
export function polynomialDecay(options: PolynomialDecayOptions): Schedule {
  const { initialLearningRate, decaySteps, endLearningRate = 1e-4, power = 1, cycle = false } = options;
  checkNotNegative(initialLearningRate, 'polynomialDecay: initialLearningRate');
  checkNotNegative(endLearningRate, 'polynomialDecay: endLearningRate');
  checkPositive(decaySteps, 'polynomialDecay: decaySteps');
  checkPositive(power, 'polynomialDecay: power');
  return {
    name: 'polynomialDecay',
    config: () => ({ initialLearningRate, decaySteps, endLearningRate, power, cycle }),
    at(step) {
      const steps = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
      const left = 1 - Math.min(step, steps) / steps;
      return (initialLearningRate - endLearningRate) * left ** power + endLearningRate;
    },
  };
}

function share(step: number, steps: number, whole: boolean): number {
  return whole ? Math.floor(step / steps) : step / steps;
}

function checkDecay(name: string, options: ExponentialDecayOptions): void {
  checkNotNegative(options.initialLearningRate, `${name}: initialLearningRate`);
  checkPositive(options.decaySteps, `${name}: decaySteps`);
  checkNumber(options.decayRate, `${name}: decayRate`, 'a finite number of 0 or more', (rate) => rate >= 0);
}
