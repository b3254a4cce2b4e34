import type { Logs } from './callbacks.ts';

/** Means over samples, exact for batches of different sizes: each counts with its number of samples. */
export class Means {
  readonly #names: readonly string[];
  readonly #totals: Float64Array;
  #count = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#totals = new Float64Array(names.length);
  }

  /** Adds the means of a batch of `count` samples. */
  add(values: readonly number[], count: number): void {
    for (let i = 0; i < values.length; i++) this.#totals[i]! += values[i]! * count;
    this.#count += count;
  }

  get count(): number {
    return this.#count;
  }

  logs(): Logs {
    const logs: Record<string, number> = {};
    for (let i = 0; i < this.#names.length; i++) logs[this.#names[i]!] = this.#totals[i]! / this.#count;
    return logs;
  }
}
