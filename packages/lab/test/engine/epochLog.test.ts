import { expect, it } from 'vitest';
import { EpochLog } from '../../src/engine/epochLog.ts';

it('the log of epochs weighs batches by their samples, goes on from a copy, and comes back from a checkpoint', () => {
  const log = new EpochLog();
  log.add({ loss: 4, accuracy: 0.5, samples: 30, ms: 100 });
  const copy = log.copy();
  for (const one of [log, copy]) {
    one.add({ loss: 8, accuracy: 1, samples: 10, ms: 50 });
    one.end({ loss: 3, accuracy: 0.75 });
  }
  const epoch = { loss: 5, accuracy: 0.625, valLoss: 3, valAccuracy: 0.75, seconds: 0.15 };
  expect(log.done).toEqual([epoch]);
  expect(copy.done).toEqual([epoch]);
  const { history } = log.history;
  expect(EpochLog.of({ epoch: 1, history }).done).toEqual([epoch]);
  // Of other epochs than those that are done, nothing can be said.
  expect(EpochLog.of({ epoch: 2, history }).done).toEqual([]);
  expect(EpochLog.of({ epoch: 1, history: {} }).done).toEqual([]);
});
