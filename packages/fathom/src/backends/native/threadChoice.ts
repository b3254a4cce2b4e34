/** A trial goes from all threads to one and back so often, so that what disturbs it disturbs both … */
const TURNS = 2;
/** … with so many runs each time, of which the first, which wakes threads or lets them sleep, does not count. */
const TURN_RUNS = 5;
/** The middle run must take at most this share of the other's for the choice to change. */
const BETTER = 0.95;
/**
 * Runs before the first trial, which meet cold caches and threads that other programs have left at work, and between two
 * trials: so many at first, twice as many each time that a trial confirms the choice, up to the last.
 */
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
  /** Of the runs of a trial, with all threads and with one. */
  #times: { readonly all: number[]; readonly one: number[] } = { all: [], one: [] };
  #runs = 0;
  #pause = FIRST_PAUSE;
  #left = FIRST_PAUSE;
  #hasChosen = false;
  /** The least that a run with all threads has taken: what disturbs some of them says nothing of the program. */
  #fastest = Number.POSITIVE_INFINITY;

  constructor(all: number) {
    this.#all = all;
    this.#best = all;
    this.threads = all;
  }

  /** Whether the next run has the threads that are chosen: no trial is going on, and there has been one. */
  get isChosen(): boolean {
    return this.#all === 1 || (this.#hasChosen && this.#left > 0);
  }

  /** Notes the milliseconds of a run with `threads`. */
  took(ms: number): void {
    if (this.#all === 1) return;
    if (this.threads === this.#all) this.#fastest = Math.min(this.#fastest, ms);
    if (this.#left > 0) {
      this.#left--;
      if (this.#left > 0) return;
      if (this.#fastest > LONG_RUN_MS) this.#choose(this.#all, Number.POSITIVE_INFINITY);
      else this.threads = this.#all;
      return;
    }
    const { all, one } = this.#times;
    if (this.#runs++ % TURN_RUNS > 0) (this.threads === this.#all ? all : one).push(ms);
    if (this.#runs % TURN_RUNS > 0) return;
    if (this.#runs === 2 * TURNS * TURN_RUNS) this.#judge(middle(all), middle(one));
    else this.threads = this.threads === 1 ? this.#all : 1;
  }

  #judge(all: number, one: number): void {
    const other = this.#best === 1 ? this.#all : 1;
    const [best, tried] = this.#best === 1 ? [one, all] : [all, one];
    const holds = tried > BETTER * best;
    this.#pause = holds ? Math.min(LONGEST_PAUSE, 2 * this.#pause) : FIRST_PAUSE;
    this.#choose(holds ? this.#best : other, this.#pause);
  }

  #choose(threads: number, runs: number): void {
    this.#hasChosen = true;
    this.#best = threads;
    this.threads = threads;
    this.#left = runs;
    this.#runs = 0;
    this.#times = { all: [], one: [] };
  }
}

/** The middle time; of an even number the lesser of the two, since half of them may be disturbed. */
function middle(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[(times.length - 1) >> 1]!;
}
