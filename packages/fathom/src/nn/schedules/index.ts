import { type NamedConfig, type NamedLike, resolveNamed, savedNamed } from '../named.ts';
import { cosineDecay, cosineDecayRestarts } from './cosine.ts';
import { exponentialDecay, inverseTimeDecay, polynomialDecay, stepDecay } from './decay.ts';
import { oneCycle } from './oneCycle.ts';
import { piecewiseConstantDecay } from './piecewiseConstantDecay.ts';
import type { Schedule } from './schedule.ts';

export {
  type CosineDecayOptions,
  type CosineDecayRestartsOptions,
  cosineDecay,
  cosineDecayRestarts,
} from './cosine.ts';
export {
  type ExponentialDecayOptions,
  exponentialDecay,
  inverseTimeDecay,
  type PolynomialDecayOptions,
  polynomialDecay,
  type StepDecayOptions,
  stepDecay,
} from './decay.ts';
export { type OneCycleOptions, oneCycle } from './oneCycle.ts';
export { type PiecewiseConstantDecayOptions, piecewiseConstantDecay } from './piecewiseConstantDecay.ts';
export type { Schedule } from './schedule.ts';

export type ScheduleName = keyof typeof byName;
/** A schedule as saved: its name with its options. */
export type ScheduleConfig = NamedConfig & { readonly name: ScheduleName };

/** The schedule that a config describes, or given as such. */
export function resolveSchedule(like: Schedule | ScheduleConfig, where: string): Schedule {
  return resolveNamed<Schedule>(byName as never, like as NamedLike<Schedule>, where);
}

/** A schedule as an optimizer's config keeps it. */
export function savedSchedule(schedule: Schedule, where: string): ScheduleConfig {
  return savedNamed(byName, schedule, where) as ScheduleConfig;
}

const byName = {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  piecewiseConstantDecay,
  polynomialDecay,
  stepDecay,
};
