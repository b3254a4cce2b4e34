import type { Callback, TrainingRun } from '../callbacks.ts';
import { checkInteger } from '../options.ts';
import { learningRateOf } from './learningRate.ts';
import { Monitor, type MonitorMode } from './monitor.ts';

export interface ReduceLrOnPlateauOptions {
  /** The figure to watch. Default 'valLoss'. */
  readonly monitor?: string | undefined;
  /** What the rate is multiplied by, in (0, 1). Default 0.1. */
  readonly factor?: number | undefined;
  /** Epochs without improvement after which the rate falls. Default 10. */
  readonly patience?: number | undefined;
  /** Whether less or more is better, as for earlyStopping. Default 'auto'. */
  readonly mode?: MonitorMode | undefined;
  /** A smaller change is no improvement. Default 1e-4. */
  readonly minDelta?: number | undefined;
  /** Epochs after a reduction that are not counted. Default 0. */
  readonly cooldown?: number | undefined;
  /** The rate never falls below it. Default 0. */
  readonly minLr?: number | undefined;
  /** Told of each reduction, with the epoch from 0. */
  readonly onReduce?: ((epoch: number, learningRate: number) => void) | undefined;
}

/**
 * Multiplies the learning rate by a factor when a figure has stopped improving: α ← max(factor·α, minLr).
 *
 * @throws RangeError when the logs do not hold the figure, the rate is a schedule, or an option is out of range
 * @example
 * await model.fit(x, y, {
 *   epochs: 20, validationSplit: 0.2, callbacks: [reduceLrOnPlateau({ factor: 0.5, patience: 3 })],
 * });
 */
export function reduceLrOnPlateau(options: ReduceLrOnPlateauOptions = {}): Callback {
  const { factor = 0.1, patience = 10, cooldown = 0, minLr = 0, onReduce } = options;
  const { monitor = 'valLoss', mode = 'auto', minDelta = 1e-4 } = options;
  if (!(factor > 0 && factor < 1)) {
    throw new RangeError(`${WHERE}: expected a factor in (0, 1); received ${String(factor)}.`);
  }
  if (!(minLr >= 0))
    throw new RangeError(`${WHERE}: expected minLr of 0 or more; received ${String(minLr)}.`);
  checkInteger(patience, 0, `${WHERE}: patience`);
  checkInteger(cooldown, 0, `${WHERE}: cooldown`);
  const figure = new Monitor(WHERE, monitor, mode, minDelta);
  let waited = 0;
  let cooling = 0;
  const reduce = (epoch: number, { model }: TrainingRun) => {
    const rate = learningRateOf(model, WHERE);
    if (rate <= minLr) return;
    model.optimizer!.learningRate = Math.max(rate * factor, minLr);
    waited = 0;
    cooling = cooldown;
    onReduce?.(epoch, learningRateOf(model, WHERE));
  };
  return {
    name: WHERE,
    onTrainBegin() {
      figure.best = undefined;
      waited = 0;
      cooling = 0;
    },
    onEpochEnd(epoch, logs, run) {
      const value = figure.read(logs);
      if (cooling > 0) {
        cooling--;
        waited = 0;
      }
      if (figure.improves(value)) {
        figure.best = value;
        waited = 0;
      } else if (cooling === 0) {
        waited++;
        if (waited >= patience) reduce(epoch, run);
      }
    },
    state: () => ({ values: { best: figure.best ?? null, waited, cooling } }),
    restore({ values = {} }) {
      figure.best = typeof values.best === 'number' ? values.best : undefined;
      waited = Number(values.waited);
      cooling = Number(values.cooling);
    },
  };
}

const WHERE = 'reduceLrOnPlateau';
