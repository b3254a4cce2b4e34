import { resolveSchedule, type Schedule, type ScheduleConfig, savedSchedule } from '../schedules/index.ts';

/**
 * A number, a schedule, or a function from the step (0 first) to a number: a rate that changes never compiles anything
 * again.
 */
export type LearningRate = number | Schedule | ((step: number) => number);

/** What the option accepts: a schedule may come as a model saves it. */
export type LearningRateLike = LearningRate | ScheduleConfig;

/** A rate as saved: a number, or the config of a schedule. */
export type SavedLearningRate = number | ScheduleConfig;

/** The rate meant, checked as far as it can be beforehand. */
export function resolveLearningRate(rate: LearningRateLike, where: string): LearningRate {
  if (typeof rate === 'object' && rate !== null) return resolveSchedule(rate, `${where}: learningRate`);
  if (typeof rate !== 'function') checkLearningRate(rate, where);
  return rate;
}

/** The rate at a step, checked. */
export function learningRateAt(
  { learningRate, name }: { readonly learningRate: LearningRate; readonly name: string },
  step: number,
): number {
  const rate =
    typeof learningRate === 'function'
      ? learningRate(step)
      : typeof learningRate === 'object'
        ? learningRate.at(step)
        : learningRate;
  checkLearningRate(rate, name);
  return rate;
}

/** Numbers and schedules are saved exactly; a function cannot be, so the rate of its first step is. */
export function savedLearningRate(optimizer: {
  readonly learningRate: LearningRate;
  readonly name: string;
}): SavedLearningRate {
  const { learningRate } = optimizer;
  return typeof learningRate === 'object'
    ? savedSchedule(learningRate, `${optimizer.name}: learningRate`)
    : learningRateAt(optimizer, 0);
}

export function checkLearningRate(rate: unknown, where: string): void {
  if (!(typeof rate === 'number' && rate >= 0 && Number.isFinite(rate))) {
    throw new RangeError(
      `${where}: expected learningRate to be a finite number of 0 or more; received ${String(rate)}.`,
    );
  }
}
