/** Runs of each kind in a trial; the middle one counts, the first of them wakes threads or lets them sleep. */
const TRIAL_RUNS = 7;
/** Runs between two trials: so many at first, twice as many each time that a trial confirms the choice, up to the last. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 1600;
/** A program that takes all threads longer than this at best is shared for good: waiting is a small part of it. */
const LONG_RUN_MS = 2;

/**
 * Chooses between all threads and one for the runs of a program, by trying both: results are the same bits either way.
 * Sharing a small program costs more than it saves where other processes want the processors, since threads then wait
 * for one that does not run. What others do changes, so the trial is repeated.
 *
 * @example
 * const choice = new ThreadChoice(4);
 * choice.threads; // of the next run
 * choice.took(0.3); // and what it took
 */
export class ThreadChoice {
  /** Threads for the next run. */
  threads: number;
  readonly #all: number;
  #best: number;
  #times: number[] = [];
  #allMs = 0;
  #pause = FIRST_PAUSE;
  #left = 0;

  constructor(all: number) {
    this.#all = all;
    this.#best = all;
    this.threads = all;
  }

  /** Whether runs are being compared, with other threads than will be chosen perhaps. */
  get isTrying(): boolean {
    return this.#all > 1 && this.#left === 0;
  }

  /** Notes the milliseconds of a run with `threads`. */
  took(ms: number): void {
    if (this.#all === 1) return;
    if (this.#left > 0) {
      this.#left--;
      if (this.#left === 0) this.threads = this.#all;
      return;
    }
    this.#times.push(ms);
    if (this.#times.length === TRIAL_RUNS) this.#judge(this.#times.sort((a, b) => a - b));
  }

  #judge(times: readonly number[]): void {
    const ms = times[TRIAL_RUNS >> 1]!;
    this.#times = [];
    if (this.threads === this.#all) {
      this.#allMs = ms;
      if (times[0]! > LONG_RUN_MS) this.#left = Number.POSITIVE_INFINITY;
      else this.threads = 1;
      return;
    }
    const best = ms < this.#allMs ? 1 : this.#all;
    this.#pause = best === this.#best ? Math.min(LONGEST_PAUSE, 2 * this.#pause) : FIRST_PAUSE;
    this.#best = best;
    this.threads = best;
    this.#left = this.#pause;
  }
}
