import type { Callback, Logs, WeightValues } from './callbacks.ts';

export interface EarlyStoppingOptions {
  /** The figure to watch. Default 'valLoss'. */
  readonly monitor?: string | undefined;
  /** Epochs without improvement that are borne. Default 0. */
  readonly patience?: number | undefined;
  /** A smaller change is no improvement. Default 0. */
  readonly minDelta?: number | undefined;
  /** Whether less or more is better. 'auto': more for accuracy, less for all else. Default 'auto'. */
  readonly mode?: 'auto' | 'min' | 'max' | undefined;
  /** Gives the model the weights of its best epoch back. Default false. */
  readonly restoreBestWeights?: boolean | undefined;
}

/**
 * Ends a run when a figure has stopped improving. Epochs whose figure is NaN count as no improvement.
 *
 * @throws RangeError when the logs do not hold the figure to watch
 * @example
 * await model.fit(x, y, {
 *   epochs: 100, validationSplit: 0.2, callbacks: [earlyStopping({ patience: 3, restoreBestWeights: true })],
 * });
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const {
    monitor = 'valLoss',
    patience = 0,
    minDelta = 0,
    mode = 'auto',
    restoreBestWeights = false,
  } = options;
  const rising = mode === 'max' || (mode === 'auto' && monitor.toLowerCase().endsWith('accuracy'));
  const delta = Math.abs(minDelta);
  let best: number | undefined;
  let bestWeights: WeightValues[] | undefined;
  let waited = 0;
  const improves = (value: number) => {
    if (Number.isNaN(value)) return false;
    return best === undefined || (rising ? value - delta > best : value + delta < best);
  };
  return {
    onTrainBegin() {
      best = undefined;
      bestWeights = undefined;
      waited = 0;
    },
    async onEpochEnd(_epoch, logs, run) {
      const value = watched(logs, monitor);
      if (improves(value)) {
        best = value;
        waited = 0;
        if (restoreBestWeights) bestWeights = await run.model.getWeights();
        return;
      }
      waited++;
      if (waited >= Math.max(1, patience)) run.stopTraining = true;
    },
    onTrainEnd(_logs, run) {
      if (bestWeights) run.model.setWeights(bestWeights);
    },
  };
}

function watched(logs: Logs, monitor: string): number {
  const value = logs[monitor];
  if (value !== undefined) return value;
  const hint = monitor.startsWith('val') ? ' Give fit() validationData or validationSplit.' : '';
  throw new RangeError(
    `earlyStopping: expected monitor to be one of ${Object.keys(logs).join(', ')}; received '${monitor}'.${hint}`,
  );
}
