import { describe, expect, it } from 'vitest';
import * as losses from '../../../src/nn/losses/index.ts';
import * as metrics from '../../../src/nn/metrics/index.ts';
import { figureOf } from '../../support/metrics.ts';

const LABELS = [0, 1, 2, 2, 1];
const SCORES = [
  [0.9, 0.1, 0],
  [0.2, 0.3, 0.5],
  [0, 0.2, 0.8],
  [0.4, 0.4, 0.2],
  [0, 1, 0],
];
const MATRIX = [
  [1, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
];

describe('confusionMatrix of labels and predictions', () => {
  it('takes class numbers, nested scores, and what predict gives', () => {
    expect(metrics.confusionMatrix(LABELS, [0, 2, 2, 0, 1])).toEqual(MATRIX);
    expect(metrics.confusionMatrix(Int32Array.from(LABELS), SCORES)).toEqual(MATRIX);
    const data = Float32Array.from(SCORES.flat());
    expect(metrics.confusionMatrix(LABELS, { data, shape: [5, 3] })).toEqual(MATRIX);
  });

  it('has a row for each class asked for, and weighs samples', () => {
    expect(metrics.confusionMatrix([0], [1], { classes: 3 })).toEqual([
      [0, 1, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(metrics.confusionMatrix([0, 1], [0, 0], { sampleWeight: [0.5, 2] })).toEqual([
      [0.5, 0],
      [2, 0],
    ]);
    expect(metrics.confusionMatrix([], [])).toEqual([]);
  });

  it('counts a sample nowhere whose scores are NaN', () => {
    expect(
      metrics.confusionMatrix(
        [0, 1],
        [
          [Number.NaN, 1],
          [0, 1],
        ],
      ),
    ).toEqual([
      [0, 0],
      [0, 1],
    ]);
  });

  it('refuses what does not fit together', () => {
    expect(() => metrics.confusionMatrix([0, 1], [0])).toThrow(
      'expected 2 predictions, one for each label; received 1',
    );
    expect(() => metrics.confusionMatrix([0, 3], [0, 1], { classes: 2 })).toThrow(
      'expected label 1 as a class number from 0 to 1; received 3',
    );
    expect(() => metrics.confusionMatrix([0, 1], [0.2, 0.9])).toThrow('prediction 0 as a class number');
    expect(() => metrics.confusionMatrix([0, 1], [0, 1], { sampleWeight: [1] })).toThrow(
      'expected 2 weights',
    );
  });
});

describe('confusionMatrix as a metric', () => {
  const pass = {
    targets: Int32Array.from(LABELS),
    targetShape: [],
    predictions: Float64Array.from(SCORES.flat()),
    shape: [3],
    batches: [2, 3],
  };

  it('counts the same over batches', async () => {
    expect(await figureOf(metrics.confusionMatrix(), pass)).toEqual(MATRIX);
  });

  it('takes one-hot targets', async () => {
    const oneHot = Float64Array.from({ length: 15 }, (_, i) => Number(LABELS[Math.floor(i / 3)] === i % 3));
    expect(await figureOf(metrics.confusionMatrix(), { ...pass, targets: oneHot, targetShape: [3] })).toEqual(
      MATRIX,
    );
  });

  it('weighs samples, and steps of sequences', async () => {
    const weights = Float64Array.of(2, 1, 0, 1, 1);
    expect(await figureOf(metrics.confusionMatrix(), { ...pass, weights })).toEqual([
      [2, 0, 0],
      [0, 1, 1],
      [1, 0, 0],
    ]);
    const steps = { targetShape: [2], shape: [2, 2], weightShape: [2], batches: [1, 1] };
    const [targets, mask] = [Int32Array.of(0, 1, 1, 0), Int32Array.of(1, 1, 1, 0)];
    const predictions = Float64Array.of(1, 0, 1, 0, 0, 1, 0, 1);
    expect(
      await figureOf(metrics.confusionMatrix(), { ...steps, targets, predictions, weights: mask }),
    ).toEqual([
      [1, 0],
      [1, 1],
    ]);
  });

  it('of one output compares with the threshold, of logits with its logit', async () => {
    const one = { targets: Float64Array.of(0, 1, 1), targetShape: [1], shape: [1], batches: [3] };
    const predictions = Float64Array.of(0.2, 0.4, 0.8);
    const expected = [
      [1, 0],
      [1, 1],
    ];
    expect(await figureOf(metrics.confusionMatrix(), { ...one, predictions })).toEqual(expected);
    const logits = predictions.map((p) => Math.log(p / (1 - p)));
    const metric = metrics.resolveMetric(
      'confusionMatrix',
      losses.binaryCrossentropy({ fromLogits: true }),
      [1],
    );
    expect(await figureOf(metric, { ...one, predictions: logits })).toEqual(expected);
  });
});

describe('matrixFrom', () => {
  it('reads a matrix from logs', () => {
    const logs = { loss: 1, 'm[0][0]': 3, 'm[0][1]': 1, 'm[1][0]': 0, 'm[1][1]': 2 };
    expect(metrics.matrixFrom(logs, 'm')).toEqual([
      [3, 1],
      [0, 2],
    ]);
    expect(() => metrics.matrixFrom(logs)).toThrow("Add 'confusionMatrix' to the metrics");
  });
});
