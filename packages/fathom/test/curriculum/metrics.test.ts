import { describe, expect, it } from 'vitest';
import { dense } from '../../src/nn/layers/index.ts';
import * as metrics from '../../src/nn/metrics/index.ts';
import { type Model, sequential } from '../../src/train/index.ts';

/** A model that answers with its input. */
function echo(
  size: number,
  loss: 'meanSquaredError' | 'binaryCrossentropy',
  names: metrics.MetricLike[],
): Model {
  const model = sequential([
    dense({ units: size, useBias: false, kernelInitializer: 'identity', inputShape: [size] }),
  ]);
  model.compile({ loss, metrics: names, backend: 'reference' });
  return model;
}

describe('figures of the lectures come out of evaluate', () => {
  it('MSE: truth 80, predictions 40 and 75 → 1600 and 25; the cost is their mean', async () => {
    const model = echo(1, 'meanSquaredError', ['meanSquaredError', 'rootMeanSquaredError']);
    expect(await model.evaluate([[40]], [[80]])).toEqual({
      loss: 1600,
      meanSquaredError: 1600,
      rootMeanSquaredError: 40,
    });
    expect((await model.evaluate([[75]], [[80]])).meanSquaredError).toBe(25);
    expect((await model.evaluate([[40], [75]], [[80], [80]])).meanSquaredError).toBe(812.5);
  });

  it('MSE and RMSE of (1,000,000, 5,000) against (800,000, 4,500): 2.0000125·10¹⁰ and 141,421.8', async () => {
    const model = echo(2, 'meanSquaredError', ['meanSquaredError', 'rootMeanSquaredError']);
    const logs = await model.evaluate([[800_000, 4_500]], [[1_000_000, 5_000]]);
    // The nearest float32.
    expect(logs.meanSquaredError).toBe(Math.fround(2.0000125e10));
    expect(logs.rootMeanSquaredError).toBeCloseTo(141_421.8, 1);
  });

  it('BCE(0.73, 1) = 0.3147 and BCE(1, 1) = 0', async () => {
    const model = echo(1, 'binaryCrossentropy', ['binaryCrossentropy']);
    expect((await model.evaluate([[0.73]], [[1]])).binaryCrossentropy).toBeCloseTo(0.3147, 4);
    expect((await model.evaluate([[1]], [[1]])).binaryCrossentropy).toBeCloseTo(0, 6);
  });
});

describe('a classifier of cats (1) and dogs (0)', () => {
  // 4 cats and 6 dogs; of the 5 answers "cat" 3 are right.
  const truth = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0];
  const scores = [0.9, 0.8, 0.6, 0.3, 0.7, 0.55, 0.4, 0.2, 0.1, 0.05];
  const x = scores.map((score) => [score]);
  const y = truth.map((target) => [target]);

  it('confusion matrix, accuracy, precision, recall, F1 and AUC, over batches of any size', async () => {
    const model = echo(1, 'binaryCrossentropy', [
      'accuracy',
      'precision',
      'recall',
      'f1Score',
      'auc',
      metrics.auc({ curve: 'PR', name: 'averagePrecision' }),
      'confusionMatrix',
    ]);
    for (const batchSize of [10, 4, 3, 1]) {
      const logs = await model.evaluate(x, y, { batchSize });
      expect(metrics.matrixFrom(logs)).toEqual([
        [4, 2],
        [1, 3],
      ]);
      expect(logs.accuracy).toBe(7 / 10);
      expect(logs.precision).toBe(3 / 5);
      expect(logs.recall).toBe(3 / 4);
      expect(logs.f1Score).toBe(6 / 9);
      // Of the 24 pairs of a cat and a dog 20 are in order.
      expect(logs.auc).toBeCloseTo(20 / 24, 12);
      expect(logs.averagePrecision).toBeCloseTo((1 + 1 + 3 / 4 + 4 / 7) / 4, 12);
    }
  });

  it('and as plain data, for pictures', () => {
    const answers = scores.map((score) => Number(score > 0.5));
    expect(metrics.confusionMatrix(truth, answers)).toEqual([
      [4, 2],
      [1, 3],
    ]);
    const roc = metrics.rocCurve(truth, scores);
    expect(roc.auc).toBeCloseTo(20 / 24, 12);
    expect(roc.truePositiveRate.at(-1)).toBe(1);
    expect(roc.thresholds).toHaveLength(11);
  });

  it('accuracy flatters where one class is rare: who always says "no" is right 99 times of 100', async () => {
    const rare = Array.from({ length: 100 }, (_, i) => [Number(i === 0)]);
    const model = echo(1, 'binaryCrossentropy', ['accuracy', 'precision', 'recall', 'f1Score', 'auc']);
    const logs = await model.evaluate(new Float32Array(100).fill(0.01), rare);
    expect(logs).toMatchObject({ accuracy: 0.99, precision: 0, recall: 0, f1Score: 0, auc: 0.5 });
  });
});

describe('fit reports metrics of epochs and validation', () => {
  it('exact over unequal batches, as evaluate gives them', async () => {
    const model = sequential([dense({ units: 1, activation: 'sigmoid', inputShape: [2] })], { seed: 3 });
    model.compile({ loss: 'binaryCrossentropy', metrics: ['auc', 'precision', 'f1Score', 'r2Score'] });
    const x = Float32Array.from({ length: 46 }, (_, i) => Math.sin(3 * i));
    const y = Float32Array.from({ length: 23 }, (_, i) => Number(x[2 * i]! > 0.2));
    const seen: number[] = [];
    const { history } = await model.fit(x, y, {
      batchSize: 5,
      epochs: 2,
      validationData: [x, y],
      callbacks: [{ onBatchEnd: (_batch, logs) => void seen.push(logs.auc!) }],
    });
    const logs = await model.evaluate(x, y, { batchSize: 23 });
    for (const name of ['Auc', 'Precision', 'F1Score', 'R2Score']) {
      const own = logs[`${name[0]!.toLowerCase()}${name.slice(1)}`]!;
      expect(history[`val${name}`]![1]).toBeCloseTo(own, 6);
    }
    expect(seen).toHaveLength(10);
    expect(seen.at(-1)).toBeCloseTo(history.auc![1]!, 12);
    expect(JSON.parse(JSON.stringify(model.toConfig())).compile.metrics).toEqual([
      'auc',
      'precision',
      'f1Score',
      'r2Score',
    ]);
  });
});
