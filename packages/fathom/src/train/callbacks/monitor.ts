import type { Logs } from '../callbacks.ts';

/** Which way a figure improves. 'auto': more is better for accuracy, AUC and the like, less for all else. */
export type MonitorMode = 'auto' | 'min' | 'max';

/**
 * Tells whether a figure got better than its best so far.
 *
 * @throws RangeError when `minDelta` is no number, or the mode is unknown
 */
export class Monitor {
  readonly #rising: boolean;
  readonly #delta: number;
  readonly #name: string;
  readonly #where: string;
  /** The best figure so far. */
  best: number | undefined;

  constructor(where: string, name: string, mode: MonitorMode, minDelta = 0) {
    if (!(mode === 'auto' || mode === 'min' || mode === 'max')) {
      throw new RangeError(`${where}: expected mode 'auto', 'min' or 'max'; received '${String(mode)}'.`);
    }
    if (!Number.isFinite(minDelta)) {
      throw new RangeError(`${where}: expected minDelta to be a finite number; received ${minDelta}.`);
    }
    this.#where = where;
    this.#name = name;
    this.#rising = mode === 'max' || (mode === 'auto' && RISING.test(name));
    this.#delta = Math.abs(minDelta);
  }

  /**
   * The figure in the logs.
   *
   * @throws RangeError when they do not hold it
   */
  read(logs: Logs): number {
    const value = logs[this.#name];
    if (value !== undefined) return value;
    const hint = this.#name.startsWith('val') ? ' Give fit() validationData or validationSplit.' : '';
    throw new RangeError(
      `${this.#where}: expected monitor to be one of ${Object.keys(logs).join(', ')}; received '${this.#name}'.${hint}`,
    );
  }

  /** Whether `value` is better than `reference`; NaN never is, and anything is better than nothing. */
  improves(value: number, reference = this.best): boolean {
    if (Number.isNaN(value)) return false;
    if (reference === undefined) return true;
    return this.#rising ? value - this.#delta > reference : value + this.#delta < reference;
  }
}

/** Figures that grow as a model gets better, also with `val` before them. */
const RISING = /(accuracy|auc|precision|recall|f1Score|r2Score|cosineSimilarity)$/i;
