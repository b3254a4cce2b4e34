import { describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { sizeOf } from '../../../src/ir/shape.ts';
import { closest } from '../../../src/nn/lookup.ts';
import * as losses from '../../../src/nn/losses/index.ts';
import * as metrics from '../../../src/nn/metrics/index.ts';
import { absolute, constant, subtract } from '../../../src/ops/index.ts';
import { backends } from '../../support/backends.ts';
import { figureOf, type Pass } from '../../support/metrics.ts';
import { seeded } from '../../support/random.ts';
import { valuesOf } from '../../support/values.ts';

const LOSS = losses.resolveLoss('meanSquaredError');
const SPARSE = new Set(['sparseCategoricalAccuracy', 'sparseTopKCategoricalAccuracy']);
const NAMES = [
  'accuracy',
  'binaryAccuracy',
  'categoricalAccuracy',
  'sparseCategoricalAccuracy',
  'topKCategoricalAccuracy',
  'sparseTopKCategoricalAccuracy',
  'precision',
  'recall',
  'f1Score',
  'auc',
  'confusionMatrix',
  'meanSquaredError',
  'meanAbsoluteError',
  'rootMeanSquaredError',
  'meanAbsolutePercentageError',
  'meanSquaredLogarithmicError',
  'r2Score',
  'cosineSimilarity',
  'binaryCrossentropy',
  'categoricalCrossentropy',
] as const satisfies readonly metrics.MetricName[];

/** Options other than the defaults. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  binaryAccuracy: { threshold: 0.25, fromLogits: true },
  topKCategoricalAccuracy: { k: 2 },
  sparseTopKCategoricalAccuracy: { k: 2 },
  precision: { average: 'none', threshold: 0.75, fromLogits: true },
  recall: { average: 'none', threshold: null, fromLogits: false },
  f1Score: { average: 'weighted', threshold: 0.5, fromLogits: true },
  auc: { curve: 'PR', average: 'macro' },
  confusionMatrix: { threshold: 0.25, fromLogits: true },
  r2Score: { classAggregation: 'none' },
  cosineSimilarity: { axis: 1 },
  binaryCrossentropy: { fromLogits: true, labelSmoothing: 0.5 },
  categoricalCrossentropy: { fromLogits: true, labelSmoothing: 0.5 },
};

/** 12 samples of 3 scores that sum to 1. */
function data(name: string): Pass {
  const random = seeded(67);
  const raw = Float64Array.from({ length: 36 }, () => 0.1 + random());
  const predictions = raw.map((x, i) => {
    const start = 3 * Math.floor(i / 3);
    return Math.fround(x / (raw[start]! + raw[start + 1]! + raw[start + 2]!));
  });
  const labels = Int32Array.from({ length: 12 }, () => Math.floor(3 * random()));
  const oneHot = Float64Array.from({ length: 36 }, (_, i) => Number(labels[Math.floor(i / 3)] === i % 3));
  const sparse = SPARSE.has(name);
  return {
    targets: sparse ? labels : oneHot,
    targetShape: sparse ? [] : [3],
    predictions,
    shape: [3],
    batches: [12],
  };
}

const resolved = (metric: metrics.MetricLike) => metrics.resolveMetric(metric, LOSS, [3]);
const flat = (value: metrics.MetricValue): number[] => [value].flat(2) as number[];
const expectClose = (actual: metrics.MetricValue, expected: metrics.MetricValue, digits: number) => {
  expect(flat(actual)).toHaveLength(flat(expected).length);
  flat(actual).forEach((value, i) => {
    expect(value).toBeCloseTo(flat(expected)[i]!, digits);
  });
};

describe.each(NAMES)('%s', (name) => {
  it('does not depend on how a pass is cut', async () => {
    const whole = await figureOf(resolved(name), data(name));
    expect(flat(whole).every(Number.isFinite)).toBe(true);
    for (const batches of [[5, 5, 2], [1, 11], new Array<number>(12).fill(1)]) {
      expectClose(await figureOf(resolved(name), { ...data(name), batches }), whole, 12);
    }
  });

  it('with weights of 1 is what it is without', async () => {
    const weights = new Float64Array(12).fill(1);
    const whole = await figureOf(resolved(name), data(name));
    expectClose(await figureOf(resolved(name), { ...data(name), weights, batches: [5, 7] }), whole, 12);
  });

  it('does not see samples of weight 0', async () => {
    const pass = data(name);
    const weights = Float64Array.from({ length: 12 }, (_, i) => Number(i < 8));
    const first = {
      ...pass,
      targets: pass.targets.slice(0, 8 * sizeOf(pass.targetShape)),
      predictions: pass.predictions.slice(0, 24),
      batches: [8],
    };
    expectClose(
      await figureOf(resolved(name), { ...pass, weights, batches: [7, 5] }),
      await figureOf(resolved(name), first),
      12,
    );
  });

  it('masks single steps of sequences', async () => {
    // 12 steps are 4 sequences of 3; a mask of truths leaves out their last steps.
    const pass = data(name);
    const steps = SPARSE.has(name) ? [3] : [3, 3];
    const sequences = { ...pass, targetShape: steps, shape: [3, 3], batches: [3, 1] };
    const weights = Float64Array.from({ length: 12 }, (_, i) => Number(i % 3 < 2));
    expectClose(
      await figureOf(resolved(name), { ...sequences, weights, weightShape: [3] }),
      await figureOf(resolved(name), { ...pass, weights, batches: [12] }),
      12,
    );
  });

  it('comes back from its config with all options, and its name', async () => {
    for (const options of [{}, { ...OPTIONS[name], name: 'mine' }]) {
      const metric = metrics.metricFromConfig({ type: name, ...options }) as metrics.Metric;
      const saved = metrics.savedMetric(metric) as metrics.MetricConfig;
      expect(saved).toMatchObject({ type: name, ...options });
      const again = metrics.metricFromConfig(JSON.parse(JSON.stringify(saved)) as metrics.MetricConfig);
      expect(metrics.savedMetric(again)).toEqual(saved);
      expect(resolved(again).name).toBe('name' in options ? 'mine' : name);
      expectClose(
        await figureOf(resolved(again), data(name)),
        await figureOf(resolved(metric), data(name)),
        12,
      );
    }
    expect(metrics.savedMetric(name)).toBe(name);
    expect(metrics.metricFromConfig(name)).toBe(name);
  });

  describe.each(backends)('on $name', ({ threads, make }) => {
    it('measures the same in float32', async () => {
      const backend: Backend = await make(threads.at(-1)!);
      try {
        const weights = Float64Array.from({ length: 12 }, (_, i) => (i % 4) / 2);
        for (const given of [data(name), { ...data(name), weights }]) {
          const pass = { ...given, batches: [7, 5] };
          const expected = flat(await figureOf(resolved(name), pass));
          const actual = flat(await figureOf(resolved(name), { ...pass, backend }));
          actual.forEach((value, i) => {
            expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(
              1e-5 * Math.max(1e-3, Math.abs(expected[i]!)),
            );
          });
        }
      } finally {
        await backend.dispose();
      }
    });
  });
});

describe('labels count as one-hot targets', () => {
  const labels = data('sparseCategoricalAccuracy');
  const both = NAMES.filter((name) => !SPARSE.has(name) && name !== 'binaryAccuracy');
  it.each(both)('%s', async (name) => {
    const given = { ...labels, targets: labels.targets };
    expectClose(await figureOf(resolved(name), given), await figureOf(resolved(name), data(name)), 12);
  });
});

describe('r2Score', () => {
  const of = (targets: number[], predictions: number[], batches: number[]) =>
    figureOf(metrics.r2Score(), {
      targets: Float64Array.from(targets),
      targetShape: [1],
      predictions: Float64Array.from(predictions),
      shape: [1],
      batches,
    });

  it('is 1 for exact predictions, 0 for the mean, below 0 for worse', async () => {
    expect(await of([1, 2, 6], [1, 2, 6], [2, 1])).toBe(1);
    expect(await of([1, 2, 6], [3, 3, 3], [1, 2])).toBeCloseTo(0, 12);
    expect(await of([1, 2, 3], [3, 2, 1], [3])).toBe(-3);
  });

  it('keeps its digits where targets are large and close to each other', async () => {
    const base = 1e6;
    expect(await of([base, base + 1, base + 2], [base, base + 1, base + 3], [2, 1])).toBeCloseTo(
      1 - 1 / 2,
      12,
    );
  });

  it('of targets that are all equal is 1 for exact predictions and 0 for others', async () => {
    expect(await of([4, 4], [4, 4], [2])).toBe(1);
    expect(await of([4, 4], [4, 5], [2])).toBe(0);
  });

  it('refuses other aggregations', () => {
    expect(() => metrics.r2Score({ classAggregation: 'mean' as 'none' })).toThrow('received "mean"');
  });
});

describe('rootMeanSquaredError', () => {
  it('takes one root over the whole pass', async () => {
    const pass = {
      targets: Float64Array.of(0, 0, 0),
      targetShape: [1],
      predictions: Float64Array.of(1, 1, 5),
      shape: [1],
    };
    expect(await figureOf(metrics.rootMeanSquaredError(), { ...pass, batches: [2, 1] })).toBe(3);
  });
});

describe('meanMetric', () => {
  const off = metrics.meanMetric('off', (t, p) => absolute(subtract(t, p)));
  const pass = {
    targets: Float64Array.of(1, 2, 3, 4, 5, 6),
    targetShape: [2],
    predictions: new Float64Array(6),
    shape: [2],
    batches: [2, 1],
  };

  it('averages what a function of the user gives for each sample', async () => {
    expect(await figureOf(off, pass)).toBe(3.5);
    expect(await figureOf(off, { ...pass, weights: Float64Array.of(1, 0, 3) })).toBe((1.5 + 3 * 5.5) / 4);
    expect(metrics.savedMetric(off)).toBeUndefined();
  });

  it('refuses weights that do not belong to the values', async () => {
    await expect(figureOf(off, { ...pass, weights: new Float64Array(9), weightShape: [3] })).rejects.toThrow(
      'expected weights of the first axes of [2,2]; received [2,3]',
    );
  });

  it('perSample averages over everything but the batch', async () => {
    expect(await valuesOf(metrics.perSample(constant([1, 2, 3, 4, 5, 9], [2, 3, 1])))).toEqual([2, 6]);
  });
});

describe('names', () => {
  it('are guessed from misspelt, abbreviated and Keras ones', () => {
    const names = ['meanSquaredError', 'binaryCrossentropy', 'accuracy'];
    expect(closest('mean_squared_error', names)).toBe('meanSquaredError');
    expect(closest('binaryCrosentropy', names)).toBe('binaryCrossentropy');
    expect(closest('mse', names)).toBe('meanSquaredError');
    expect(closest('bce', names)).toBe('binaryCrossentropy');
    expect(closest('acc', names)).toBe('accuracy');
    expect(closest('hinge', names)).toBeUndefined();
    for (const [name, meant] of [
      ['acc', 'accuracy'],
      ['mae', 'meanAbsoluteError'],
      ['rmse', 'rootMeanSquaredError'],
      ['AUC', 'auc'],
      ['f1_score', 'f1Score'],
      ['R2Score', 'r2Score'],
    ]) {
      expect(() => metrics.resolveMetric(name as metrics.MetricName, LOSS, [3])).toThrow(
        `Did you mean '${meant}'?`,
      );
    }
    expect(() => losses.resolveLoss('toString' as losses.LossName)).toThrow('expected one of');
  });

  it('of types and options in a file are checked', () => {
    expect(() => metrics.metricFromConfig({ type: 'precision', treshold: 0.5 })).toThrow(
      "Did you mean 'threshold'?",
    );
    expect(() => metrics.metricFromConfig('accurracy')).toThrow("Did you mean 'accuracy'?");
  });
});
