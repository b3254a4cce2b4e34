import type { Callback, WeightValues } from '../callbacks.ts';
import { checkInteger } from '../options.ts';
import { Monitor, type MonitorMode } from './monitor.ts';

export interface EarlyStoppingOptions {
  /** The figure to watch. Default 'valLoss'. */
  readonly monitor?: string | undefined;
  /** Epochs without improvement that are borne. Default 0. */
  readonly patience?: number | undefined;
  /** A smaller change is no improvement. Default 0. */
  readonly minDelta?: number | undefined;
  /** Whether less or more is better. 'auto': more for accuracy and its like, less for all else. Default 'auto'. */
  readonly mode?: MonitorMode | undefined;
  /** What must be beaten, too: an epoch that does not is no improvement. */
  readonly baseline?: number | undefined;
  /** Epochs before that one (counted from 0) are not looked at. Default 0. */
  readonly startFromEpoch?: number | undefined;
  /** Gives the model the weights of its best epoch back. Default false. */
  readonly restoreBestWeights?: boolean | undefined;
}

/**
 * Ends a run when a figure has stopped improving. Epochs whose figure is NaN count as no improvement.
 *
 * @throws RangeError when the logs do not hold the figure to watch, or on an option out of range
 * @example
 * await model.fit(x, y, {
 *   epochs: 100, validationSplit: 0.2, callbacks: [earlyStopping({ patience: 3, restoreBestWeights: true })],
 * });
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { patience = 0, baseline, startFromEpoch = 0, restoreBestWeights = false } = options;
  checkInteger(patience, 0, 'earlyStopping: patience');
  checkInteger(startFromEpoch, 0, 'earlyStopping: startFromEpoch');
  const { monitor = 'valLoss', mode = 'auto', minDelta = 0 } = options;
  const figure = new Monitor('earlyStopping', monitor, mode, minDelta);
  let bestWeights: WeightValues[] | undefined;
  let waited = 0;
  return {
    name: 'earlyStopping',
    onTrainBegin() {
      figure.best = undefined;
      bestWeights = undefined;
      waited = 0;
    },
    async onEpochEnd(epoch, logs, run) {
      if (epoch < startFromEpoch) return;
      const value = figure.read(logs);
      // As in Keras: what improves is kept, but only what beats the baseline, too, starts the waiting anew.
      waited++;
      if (figure.improves(value)) {
        figure.best = value;
        if (restoreBestWeights) bestWeights = await run.model.getWeights();
        if (baseline === undefined || figure.improves(value, baseline)) waited = 0;
        return;
      }
      if (waited >= Math.max(1, patience)) run.stopTraining = true;
    },
    onTrainEnd(_logs, run) {
      if (bestWeights) run.model.setWeights(bestWeights);
    },
    state: () => ({ values: { best: figure.best ?? null, waited }, weights: bestWeights ?? [] }),
    restore({ values = {}, weights = [] }) {
      figure.best = typeof values.best === 'number' ? values.best : undefined;
      waited = Number(values.waited);
      bestWeights = weights.length > 0 ? [...weights] : undefined;
    },
  };
}
