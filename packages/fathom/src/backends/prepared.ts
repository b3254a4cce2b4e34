import type { Variable } from '../ir/tensor.ts';

/** A variable's place on a device: counts how often its values have changed there. */
export interface Versioned {
  version: number;
}

/**
 * Knows whether what a program has prepared from variables still holds: whether they are those of its last run. `fixed`
 * are the variables that it does not update; of those it does, each run makes a new version.
 */
export class Prepared {
  readonly #variables: readonly Variable[];
  readonly #updated: ReadonlySet<Variable>;
  #versions: readonly number[] | undefined;

  constructor(variables: readonly Variable[], updates: readonly { readonly variable: Variable }[]) {
    this.#variables = variables;
    this.#updated = new Set(updates.map(({ variable }) => variable));
  }

  /** To be asked before a run, with the places of all variables: whether they are as they were the last time. */
  holds(places: readonly Versioned[]): boolean {
    const before = this.#versions;
    const now = places.flatMap(({ version }, i) => (this.#isFixed(i) ? [version] : []));
    this.#versions = now;
    return before !== undefined && now.every((version, i) => version === before[i]);
  }

  /** To be told after a run that has changed variables. */
  changed(places: readonly Versioned[]): void {
    places.forEach((place, i) => {
      if (!this.#isFixed(i)) place.version++;
    });
  }

  #isFixed(index: number): boolean {
    return !this.#updated.has(this.#variables[index]!);
  }
}
