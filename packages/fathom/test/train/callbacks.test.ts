import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { dense } from '../../src/nn/layers/index.ts';
import { sgd } from '../../src/nn/optimizers/index.ts';
import {
  type Callback,
  earlyStopping,
  type Logs,
  type Model,
  type ProgressReport,
  progress,
  sequential,
  type TrainingRun,
  type WeightValues,
} from '../../src/train/index.ts';

const X = [[1], [2], [3]];
const Y = [[2], [4], [6]];

function line(learningRate = 0.01): Model {
  const model = sequential([dense({ units: 1, inputShape: [1] })], { seed: 2 });
  model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError', backend: referenceBackend() });
  return model;
}

describe('callbacks', () => {
  it('are called in order and waited for', async () => {
    const calls: string[] = [];
    const later = async (name: string) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      calls.push(name);
    };
    const callback: Callback = {
      onTrainBegin: (run) => later(`train ${run.epochs} ${run.samples} ${run.steps} ${run.batchSize}`),
      onEpochBegin: (epoch) => later(`epoch ${epoch}`),
      onBatchBegin: (batch) => later(`batch ${batch}`),
      onBatchEnd: (batch) => later(`batch ${batch} end`),
      onEpochEnd: (epoch) => later(`epoch ${epoch} end`),
      onTrainEnd: () => later('train end'),
    };
    await line().fit(X, Y, { epochs: 2, batchSize: 2, callbacks: [callback] });
    const epoch = (i: number) => [
      `epoch ${i}`,
      'batch 0',
      'batch 0 end',
      'batch 1',
      'batch 1 end',
      `epoch ${i} end`,
    ];
    expect(calls).toEqual(['train 2 3 2 2', ...epoch(0), ...epoch(1), 'train end']);
  });

  it('get means over the epoch so far, weighted by samples', async () => {
    const seen: Logs[] = [];
    const model = line(0);
    model.setWeights([[0], [0]]);
    await model.fit(X, Y, {
      batchSize: 2,
      shuffle: false,
      callbacks: [{ onBatchEnd: (_b, logs) => void seen.push(logs) }],
    });
    expect(seen).toEqual([{ loss: (4 + 16) / 2 }, { loss: (4 + 16 + 36) / 3 }]);
  });

  it('may use the model while it trains', async () => {
    const predictions: number[] = [];
    const onEpochEnd = async (_epoch: number, _logs: Logs, { model }: TrainingRun) => {
      predictions.push((await model.predict([[1]])).data[0]!);
    };
    const model = line();
    await model.fit(X, Y, { epochs: 3, callbacks: [{ onEpochEnd }] });
    expect(new Set(predictions).size).toBe(3);
    expect(predictions[2]).toBe((await model.predict([[1]])).data[0]);
  });

  it('end the run by stopTraining', async () => {
    const stop: Callback = {
      onEpochEnd(epoch, _logs, run) {
        if (epoch === 1) run.stopTraining = true;
      },
    };
    const { epoch, stopped } = await line().fit(X, Y, { epochs: 9, callbacks: [stop] });
    expect(epoch).toEqual([0, 1]);
    expect(stopped).toBe(true);
  });

  it('that fail, fail the run, and leave the model usable', async () => {
    const model = line();
    const onBatchEnd = () => {
      throw new Error('disk full');
    };
    await expect(model.fit(X, Y, { callbacks: [{ onBatchEnd }] })).rejects.toThrow('disk full');
    expect((await model.fit(X, Y)).epoch).toEqual([0]);
  });
});

describe('a signal', () => {
  it('ends the run after the batch under way; unfinished epochs have no figures', async () => {
    const controller = new AbortController();
    let batches = 0;
    const onBatchEnd = () => {
      if (++batches === 5) controller.abort();
    };
    const result = await line().fit(X, Y, {
      epochs: 9,
      batchSize: 1,
      signal: controller.signal,
      callbacks: [{ onBatchEnd }],
    });
    expect(batches).toBe(5);
    expect(result.epoch).toEqual([0]);
    expect(result.history.loss).toHaveLength(1);
    expect(result.stopped).toBe(true);
  });
});

describe('earlyStopping', () => {
  /** Plays a run whose figure takes the given values; the weights are the number of the epoch. */
  async function play(callback: Callback, figures: readonly number[], name = 'valLoss') {
    let weights: unknown = [];
    const run = {
      model: {
        getWeights: async () => weights,
        setWeights: (values: unknown) => {
          weights = values;
        },
      },
      stopTraining: false,
    } as unknown as TrainingRun;
    await callback.onTrainBegin?.(run);
    let epoch = 0;
    for (; epoch < figures.length && !run.stopTraining; epoch++) {
      weights = [{ name: `epoch ${epoch}` } as WeightValues];
      await callback.onEpochEnd?.(epoch, { [name]: figures[epoch]! }, run);
    }
    await callback.onTrainEnd?.({}, run);
    return { epochs: epoch, weights };
  }

  it('waits for as many epochs as it has patience', async () => {
    expect((await play(earlyStopping(), [3, 2, 2, 1])).epochs).toBe(3);
    expect((await play(earlyStopping({ patience: 2 }), [3, 2, 2, 1, 2, 2, 0])).epochs).toBe(6);
  });

  it('gives the best weights back when it is asked to', async () => {
    const figures = [3, 1, 2, 2, 2];
    const best = await play(earlyStopping({ patience: 2, restoreBestWeights: true }), figures);
    expect(best).toEqual({ epochs: 4, weights: [{ name: 'epoch 1' }] });
    expect((await play(earlyStopping({ patience: 2 }), figures)).weights).toEqual([{ name: 'epoch 3' }]);
  });

  it('takes more accuracy as better, and a mode', async () => {
    expect(
      (await play(earlyStopping({ monitor: 'valAccuracy' }), [0.1, 0.2, 0.15], 'valAccuracy')).epochs,
    ).toBe(3);
    expect((await play(earlyStopping({ monitor: 'score', mode: 'max' }), [1, 2, 3, 2], 'score')).epochs).toBe(
      4,
    );
    expect((await play(earlyStopping({ monitor: 'score' }), [1, 2, 3], 'score')).epochs).toBe(2);
  });

  it('does not take small changes or NaN for improvement', async () => {
    expect((await play(earlyStopping({ minDelta: 0.5 }), [3, 2.8, 2.6])).epochs).toBe(2);
    expect(
      (await play(earlyStopping({ patience: 3 }), [3, Number.NaN, Number.NaN, Number.NaN, 1])).epochs,
    ).toBe(4);
  });

  it('forgets an earlier run', async () => {
    const callback = earlyStopping();
    await play(callback, [1, 2]);
    expect((await play(callback, [9, 8, 7])).epochs).toBe(3);
  });

  it('says which figures there are', async () => {
    await expect(line().fit(X, Y, { callbacks: [earlyStopping()] })).rejects.toThrow(
      "one of loss; received 'valLoss'. Give fit() validationData or validationSplit",
    );
  });

  it('works in a real run', async () => {
    const model = line(0.1);
    const stop = earlyStopping({ monitor: 'loss', minDelta: 1e-4, restoreBestWeights: true });
    const { history, stopped } = await model.fit(X, Y, { epochs: 500, callbacks: [stop] });
    expect(stopped).toBe(true);
    expect(history.loss!.at(-1)).toBeLessThan(0.05);
  });
});

describe('progress', () => {
  it('reports within an epoch and at its end', async () => {
    const reports: ProgressReport[] = [];
    await line().fit(X, Y, {
      epochs: 2,
      batchSize: 2,
      callbacks: [progress((report) => void reports.push(report), { intervalMs: 0 })],
    });
    expect(reports.map(({ epoch, batch, done, epochDone }) => [epoch, batch, done, epochDone])).toEqual([
      [0, 1, 2, false],
      [0, 2, 3, false],
      [0, 2, 3, true],
      [1, 1, 2, false],
      [1, 2, 3, false],
      [1, 2, 3, true],
    ]);
    for (const report of reports) {
      expect(report).toMatchObject({ epochs: 2, batches: 2, samples: 3 });
      expect(report.samplesPerSecond).toBeGreaterThan(0);
      expect(report.secondsLeft).toBeGreaterThanOrEqual(0);
      expect(report.logs.loss).toBeGreaterThan(0);
    }
  });
});
