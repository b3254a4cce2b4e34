import type { Callback } from '../callbacks.ts';
import { learningRateOf } from './learningRate.ts';

/**
 * Sets the learning rate at the beginning of each epoch: α ← schedule(epoch, α), epochs counted from 0.
 *
 * @throws RangeError when the schedule gives no number of 0 or more, Error when the rate is a schedule already
 * @example
 * const slower = learningRateScheduler((epoch, rate) => (epoch < 10 ? rate : rate * Math.exp(-0.1)));
 * await model.fit(x, y, { epochs: 3, callbacks: [slower] });
 */
export function learningRateScheduler(schedule: (epoch: number, learningRate: number) => number): Callback {
  return {
    name: WHERE,
    onEpochBegin(epoch, { model }) {
      const rate = schedule(epoch, learningRateOf(model, WHERE));
      if (!(rate >= 0 && Number.isFinite(rate))) {
        throw new RangeError(
          `${WHERE}: expected a finite rate of 0 or more for epoch ${epoch}; received ${String(rate)}.`,
        );
      }
      model.optimizer!.learningRate = rate;
    },
  };
}

const WHERE = 'learningRateScheduler';
