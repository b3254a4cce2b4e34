import type { Checkpoint } from 'fathom';
import type { EpochLog } from './epochLog.ts';
import type { KeptMoments } from './trainingTypes.ts';

/** A training at one time, with all that it takes to go on from there. */
export interface Moment {
  readonly steps: number;
  /** Without its past, which the log has. */
  readonly state: Checkpoint;
  readonly log: EpochLog;
  /** Loss and accuracy of training, before it. */
  readonly means: { readonly loss: number; readonly accuracy: number };
}

/** What moments may take; the first and the newest are kept in any case. */
export interface MomentLimits {
  readonly count: number;
  readonly bytes: number;
}

const LIMITS: MomentLimits = { count: 200, bytes: 64 << 20 };

/**
 * The moments of one training, in the order of their steps. Where they would take more than they may, those are left out
 * whose neighbours are nearest to each other: what stays is spread over the whole time.
 */
export class Moments {
  readonly #limits: MomentLimits;
  #kept: Moment[] = [];
  #bytes = 0;
  #leftOut = 0;

  constructor(limits: MomentLimits = LIMITS) {
    this.#limits = limits;
  }

  /** What the page is told of them. */
  get kept(): KeptMoments {
    return {
      steps: this.#kept.map(({ steps }) => steps),
      bytes: this.#bytes,
      mostBytes: this.#limits.bytes,
      leftOut: this.#leftOut,
    };
  }

  /** Takes a moment in, in the place of one of the same step. */
  add(moment: Moment): void {
    this.#keep([...this.#kept.filter(({ steps }) => steps < moment.steps), moment]);
    while (this.#kept.length > 2 && this.#isTooMuch()) {
      const least = leastMissed(this.#kept.map(({ steps }) => steps));
      this.#keep(this.#kept.filter((_, i) => i !== least));
      this.#leftOut++;
    }
  }

  /** @throws Error when that moment is not kept */
  at(steps: number): Moment {
    const moment = this.#kept.find((one) => one.steps === steps);
    if (!moment) throw new Error(`step ${steps} is not kept any more. Choose another moment.`);
    return moment;
  }

  /** Forgets what came after a step. */
  cut(steps: number): void {
    this.#keep(this.#kept.filter((moment) => moment.steps <= steps));
  }

  #keep(moments: Moment[]): void {
    this.#kept = moments;
    this.#bytes = moments.reduce((sum, { state }) => sum + bytesOf(state), 0);
  }

  #isTooMuch(): boolean {
    return this.#kept.length > this.#limits.count || this.#bytes > this.#limits.bytes;
  }
}

/** Place of the one, neither first nor last, whose neighbours are nearest to each other; the oldest of several. */
function leastMissed(steps: readonly number[]): number {
  let [least, nearest] = [1, Number.POSITIVE_INFINITY];
  for (let i = 1; i < steps.length - 1; i++) {
    const gap = steps[i + 1]! - steps[i - 1]!;
    if (gap < nearest) [least, nearest] = [i, gap];
  }
  return least;
}

function bytesOf({ weights, states, optimizer }: Checkpoint): number {
  return [...weights, ...states, ...optimizer.slots].reduce((sum, { data }) => sum + data.byteLength, 0);
}
