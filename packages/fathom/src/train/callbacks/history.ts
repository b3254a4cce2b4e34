import type { Callback, Logs } from '../callbacks.ts';

/** Epochs and their figures, as far as the run has come. */
export interface HistoryCallback extends Callback {
  /** The epochs done, counted from 0. */
  readonly epoch: readonly number[];
  /** For each name (loss, accuracy, valLoss, …) one number an epoch. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/**
 * Keeps the figures of each epoch while a run is under way; `fit` gives the same at its end. A later run adds to it.
 *
 * @example
 * const seen = history();
 * await model.fit(x, y, { epochs: 2, callbacks: [seen] });
 * seen.epoch; // [0, 1]
 */
export function history(): HistoryCallback {
  const epochs: number[] = [];
  const figures: Record<string, number[]> = {};
  return {
    name: 'history',
    epoch: epochs,
    history: figures,
    onEpochEnd(epoch, logs) {
      enter(epoch, logs);
    },
    state: () => ({ values: { epoch: [...epochs], history: structuredClone(figures) } }),
    restore({ values = {} }) {
      epochs.splice(0, epochs.length, ...(values.epoch as number[]));
      for (const name of Object.keys(figures)) delete figures[name];
      Object.assign(figures, structuredClone(values.history));
    },
  };

  function enter(epoch: number, logs: Logs): void {
    epochs.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      figures[name] ??= [];
      figures[name].push(value);
    }
  }
}
