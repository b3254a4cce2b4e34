import type { Checkpoint } from 'fathom';
import { describe, expect, it } from 'vitest';
import { EpochLog } from '../../src/engine/epochLog.ts';
import { Moments } from '../../src/engine/moments.ts';

const log = new EpochLog();
const means = { loss: 1, accuracy: 0.5 };

/** Nothing but weights of a size. */
function stateOf(floats: number): Checkpoint {
  const weights = [{ name: 'w', shape: [floats], data: new Float32Array(floats) }];
  const optimizer = { steps: 0, learningRate: 0.1, slots: [] };
  return {
    ...{ seed: 0, epoch: 0, batch: 0, stopped: false, data: { batchSize: 1, samples: 1, steps: 1 } },
    ...{ weights, states: [], optimizer, epochs: [], history: {}, figures: [], callbacks: [] },
  };
}

describe('the moments of a training', () => {
  it('stay within what they may take, first and newest among them, spread over the whole time', () => {
    const most = 20;
    for (const limits of [
      { count: most, bytes: Number.POSITIVE_INFINITY },
      { count: 1000, bytes: most * 400 },
    ]) {
      const moments = new Moments(limits);
      for (let steps = 0; steps <= 1000; steps++) {
        moments.add({ steps, state: stateOf(100), log, means });
        const { steps: kept, bytes, leftOut } = moments.kept;
        expect(kept.length).toBe(Math.min(most, steps + 1));
        expect(kept.length + leftOut).toBe(steps + 1);
        expect(bytes).toBe(400 * kept.length);
        expect([kept[0], kept.at(-1)]).toEqual([0, steps]);
        const gaps = kept.slice(1).map((step, i) => step - kept[i]!);
        // Even ones would be of this size; thinning by halves makes some twice as wide.
        expect(Math.max(...gaps)).toBeLessThanOrEqual(4 * Math.ceil(steps / (most - 1)) + 1);
      }
    }
  });

  it('keep first and newest even where there is no room', () => {
    const moments = new Moments({ count: 10, bytes: 100 });
    for (const steps of [0, 5, 9]) moments.add({ steps, state: stateOf(1000), log, means });
    expect(moments.kept).toMatchObject({ steps: [0, 9], bytes: 8000, leftOut: 1 });
    expect(() => moments.at(5)).toThrow(/step 5 is not kept any more/);
  });

  it('end where one goes on from, and a step taken again takes the place of the first', () => {
    const moments = new Moments();
    for (const steps of [0, 10, 20, 30]) moments.add({ steps, state: stateOf(1), log, means });
    moments.cut(10);
    const state = stateOf(2);
    moments.add({ steps: 10, state, log, means });
    expect(moments.kept.steps).toEqual([0, 10]);
    expect(moments.at(10).state).toBe(state);
  });
});
