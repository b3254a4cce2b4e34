import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../../src/backends/reference/reference.ts';
import { dense } from '../../../src/nn/layers/index.ts';
import { sgd } from '../../../src/nn/optimizers/index.ts';
import {
  type Callback,
  earlyStopping,
  history,
  learningRateScheduler,
  type Model,
  reduceLrOnPlateau,
  sequential,
  type TrainingRun,
} from '../../../src/train/index.ts';

/** Plays a run whose loss takes the given values, and gives the learning rate after each epoch. */
async function play(
  callback: Callback,
  losses: readonly number[],
  learningRate: number | ((step: number) => number) = 1,
): Promise<unknown[]> {
  const optimizer = sgd({ learningRate });
  const run = { model: { optimizer }, stopTraining: false } as unknown as TrainingRun;
  const rates: unknown[] = [];
  await callback.onTrainBegin?.(run);
  for (const [epoch, loss] of losses.entries()) {
    await callback.onEpochBegin?.(epoch, run);
    await callback.onEpochEnd?.(epoch, { loss }, run);
    rates.push(optimizer.learningRate);
  }
  return rates;
}

describe('reduceLrOnPlateau', () => {
  const watch = { monitor: 'loss', factor: 0.5, patience: 2 };

  it('multiplies the rate after as many epochs without improvement as it has patience', async () => {
    expect(await play(reduceLrOnPlateau(watch), [5, 4, 4, 4, 4, 4, 3, 3])).toEqual([
      1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25,
    ]);
  });

  it('rests after a reduction, and has a least rate', async () => {
    const callback = reduceLrOnPlateau({ ...watch, patience: 1, cooldown: 2, minLr: 0.3 });
    // As Keras: the epoch that ends the cooling counts already.
    expect(await play(callback, [5, 5, 5, 5, 5, 5, 5, 5])).toEqual([1, 0.5, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3]);
  });

  it('does not take small changes for improvement, and more accuracy for better', async () => {
    expect(await play(reduceLrOnPlateau({ ...watch, minDelta: 0.5 }), [5, 4.8, 4.6])).toEqual([1, 1, 0.5]);
    const told: [number, number][] = [];
    const callback = reduceLrOnPlateau({
      ...watch,
      mode: 'max',
      onReduce: (epoch, rate) => void told.push([epoch, rate]),
    });
    expect(await play(callback, [1, 2, 2, 1])).toEqual([1, 1, 1, 0.5]);
    expect(told).toEqual([[3, 0.5]]);
  });

  it('refuses options out of range and schedules', async () => {
    expect(() => reduceLrOnPlateau({ factor: 1 })).toThrow(
      'reduceLrOnPlateau: expected a factor in (0, 1); received 1.',
    );
    expect(() => reduceLrOnPlateau({ minLr: -1 })).toThrow('reduceLrOnPlateau: expected minLr of 0 or more');
    expect(() => reduceLrOnPlateau({ patience: -1 })).toThrow('reduceLrOnPlateau: patience');
    expect(() => reduceLrOnPlateau({ mode: 'down' as never })).toThrow(
      "expected mode 'auto', 'min' or 'max'; received 'down'",
    );
    await expect(play(reduceLrOnPlateau({ monitor: 'loss', patience: 0 }), [1, 2], () => 1)).rejects.toThrow(
      'reduceLrOnPlateau: expected an optimizer whose learningRate is a number; received a schedule',
    );
    await expect(play(reduceLrOnPlateau(), [1])).rejects.toThrow("one of loss; received 'valLoss'");
  });
});

describe('learningRateScheduler', () => {
  it('sets the rate from the epoch and the rate before', async () => {
    const callback = learningRateScheduler((epoch, rate) => (epoch < 2 ? rate : rate / 10));
    expect(await play(callback, [1, 1, 1, 1])).toEqual([1, 1, 0.1, 0.01]);
  });

  it('changes what a model learns by', async () => {
    const train = async (callbacks: readonly Callback[]) => {
      const model = line();
      await model.fit([[1]], [[1]], { epochs: 2, callbacks });
      return (await model.getWeights())[0]!.data[0];
    };
    expect(await train([learningRateScheduler(() => 0)])).toBe(0);
    expect(await train([learningRateScheduler(() => 0.25)])).not.toBe(await train([]));
  });

  it('refuses what is no rate', async () => {
    await expect(
      play(
        learningRateScheduler(() => Number.NaN),
        [1],
      ),
    ).rejects.toThrow(
      'learningRateScheduler: expected a finite rate of 0 or more for epoch 0; received NaN.',
    );
    await expect(
      play(
        learningRateScheduler(() => 1),
        [1],
        () => 1,
      ),
    ).rejects.toThrow('received a schedule');
  });
});

describe('history', () => {
  it('has the figures while the run is under way, and adds those of the next run', async () => {
    const seen = history();
    const lengths: number[] = [];
    const look: Callback = { onEpochEnd: () => void lengths.push(seen.epoch.length) };
    const { history: figures } = await line().fit([[1]], [[1]], { epochs: 2, callbacks: [seen, look] });
    expect(lengths).toEqual([1, 2]);
    expect(seen.history).toEqual(figures);
    await line().fit([[1]], [[1]], { epochs: 1, callbacks: [seen] });
    expect(seen.epoch).toEqual([0, 1, 0]);
  });
});

describe('earlyStopping', () => {
  it('waits until the epoch it starts from, and for what beats the baseline', async () => {
    const run = { stopTraining: false } as TrainingRun;
    const until = async (callback: Callback, losses: readonly number[]) => {
      run.stopTraining = false;
      await callback.onTrainBegin?.(run);
      for (const [epoch, loss] of losses.entries()) {
        await callback.onEpochEnd?.(epoch, { loss }, run);
        if (run.stopTraining) return epoch;
      }
      return undefined;
    };
    const losses = [5, 6, 7, 6, 5, 4];
    expect(await until(earlyStopping({ monitor: 'loss' }), losses)).toBe(1);
    expect(await until(earlyStopping({ monitor: 'loss', startFromEpoch: 2 }), losses)).toBeUndefined();
    // 5, 4 and 3 improve, and do not beat 2: the waiting goes on.
    expect(await until(earlyStopping({ monitor: 'loss', baseline: 2, patience: 3 }), [5, 4, 3, 3])).toBe(3);
    expect(
      await until(earlyStopping({ monitor: 'loss', baseline: 4.5, patience: 3 }), [5, 4, 3, 3]),
    ).toBeUndefined();
  });
});

function line(): Model {
  const model = sequential([dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })], { seed: 0 });
  model.compile({
    optimizer: sgd({ learningRate: 0.1 }),
    loss: 'meanSquaredError',
    backend: referenceBackend(),
  });
  return model;
}
