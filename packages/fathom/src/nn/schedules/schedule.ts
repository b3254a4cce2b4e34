import type { Named } from '../named.ts';

/** A learning rate that changes with the steps of training, as plain data: it holds no state, and can be saved. */
export interface Schedule extends Named {
  /** The rate at step `step`, 0 first. */
  at(step: number): number;
}
