import type { TrainedModel } from '../callbacks.ts';

/**
 * The learning rate that a callback is about to change.
 *
 * @throws Error when the optimizer follows a schedule, which would win over the callback
 */
export function learningRateOf({ optimizer }: TrainedModel, where: string): number {
  const rate = optimizer?.learningRate;
  if (typeof rate === 'number') return rate;
  throw new Error(
    `${where}: expected an optimizer whose learningRate is a number; received ${
      optimizer ? 'a schedule' : 'no optimizer'
    }. Give the optimizer a number, or let its schedule change the rate alone.`,
  );
}
