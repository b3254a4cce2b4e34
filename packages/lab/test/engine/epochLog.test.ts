import { expect, it } from 'vitest';
import { EpochLog } from '../../src/engine/epochLog.ts';

const epoch = { loss: 5, accuracy: 0.625, valLoss: 3, valAccuracy: 0.75, seconds: 0.15 };
const state = { epoch: 1, batch: 0, figures: [] };

it('the log of epochs weighs batches by their samples, goes on from a copy, and comes back from a checkpoint', () => {
  const log = new EpochLog();
  log.add({ loss: 4, accuracy: 0.5, samples: 30, ms: 100 });
  const copy = log.copy();
  for (const one of [log, copy]) {
    one.add({ loss: 8, accuracy: 1, samples: 10, ms: 50 });
    one.end({ loss: 3, accuracy: 0.75 });
  }
  expect(log.done).toEqual([epoch]);
  expect(copy.done).toEqual([epoch]);
  const { history } = log.history;
  expect(EpochLog.of({ ...state, history }).done).toEqual([epoch]);
  // Of other epochs than those that are done, nothing can be said.
  expect(EpochLog.of({ ...state, epoch: 2, history }).done).toEqual([]);
  expect(EpochLog.of({ ...state, history: {} }).done).toEqual([]);
});

it('the means of an epoch that was left go on from what its batches measured', () => {
  const log = new EpochLog([epoch]);
  // Numbers whose sums depend on their order.
  const batches = Array.from({ length: 9 }, (_, i) => ({
    loss: 0.1 + Math.sin(i) ** 2,
    accuracy: (i % 7) / 7,
    ...{ samples: i === 8 ? 14 : 32, ms: 2 ** i },
  }));
  for (const batch of batches.slice(0, 5)) log.add(batch);
  const opened = EpochLog.of({ ...state, batch: 5, ...log.history }, log.ms);
  expect(opened.batches).toBe(5);
  for (const one of [log, opened]) {
    for (const batch of batches.slice(5)) one.add(batch);
    one.end({ loss: 3, accuracy: 0.75 });
  }
  expect(opened.done).toEqual(log.done);
  expect(opened.done[1]!.seconds).toBe(0.511);
  const bare = { figures: { loss: 1, parts: [] }, count: 32 };
  expect(EpochLog.of({ ...state, batch: 1, history: {}, figures: [bare] }).batches).toBe(0);
  // Figures of other batches than those that were done are none of theirs.
  expect(EpochLog.of({ ...state, batch: 4, ...log.history }).batches).toBe(0);
});
