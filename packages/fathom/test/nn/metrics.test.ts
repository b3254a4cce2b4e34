import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/ir/tensor.ts';
import { closest } from '../../src/nn/lookup.ts';
import * as losses from '../../src/nn/losses/index.ts';
import * as metrics from '../../src/nn/metrics/index.ts';
import { constant } from '../../src/ops/index.ts';
import { valuesOf } from '../support/values.ts';

const accuracyOf = (loss: losses.Loss, outputs: number, targets: Tensor, predictions: Tensor) =>
  figureOf(metrics.resolveMetric('accuracy', loss, [outputs]), targets, predictions);

/** The figure of a pass of one batch. */
async function figureOf(metric: metrics.Metric, targets: Tensor, predictions: Tensor) {
  const pass = metric.accumulator();
  const parts = await Promise.all(metric.measure(targets, predictions).map(valuesOf));
  pass.add(
    parts.map((values) => Float64Array.from(values)),
    predictions.shape[0]!,
  );
  return pass.result();
}

describe('accuracy', () => {
  const predictions = constant([0.1, 0.7, 0.2, 0.5, 0.5, 0, 0.2, 0.3, 0.5], [3, 3]);

  it('compares labels with the largest prediction, the first of equal ones', async () => {
    const labels = constant([1, 1, 2], [3], 'int32');
    expect(await accuracyOf(losses.sparseCategoricalCrossentropy(), 3, labels, predictions)).toBe(2 / 3);
  });

  it('compares the places of the largest target and prediction', async () => {
    const targets = constant([0, 1, 0, 1, 0, 0, 1, 0, 0], [3, 3]);
    expect(await accuracyOf(losses.categoricalCrossentropy(), 3, targets, predictions)).toBe(2 / 3);
  });

  it('asks whether more than half is said for yes, output by output', async () => {
    const targets = constant([1, 0, 1, 1], [2, 2]);
    const p = constant([0.6, 0.5, 0.5, 0.9], [2, 2]);
    expect(await accuracyOf(losses.binaryCrossentropy(), 2, targets, p)).toBe(0.75);
  });

  it('puts the threshold of logits at 0', async () => {
    const loss = losses.binaryCrossentropy({ fromLogits: true });
    expect(await accuracyOf(loss, 1, constant([1, 1], [2, 1]), constant([0.2, -0.2], [2, 1]))).toBe(0.5);
  });

  it('goes by the number of outputs where the loss does not tell', async () => {
    const loss = losses.meanSquaredError();
    expect(await accuracyOf(loss, 1, constant([1, 0], [2, 1]), constant([0.9, 0.8], [2, 1]))).toBe(0.5);
    expect(await accuracyOf(loss, 2, constant([0, 1], [1, 2]), constant([0.1, 0.2], [1, 2]))).toBe(1);
  });

  it('counts NaN as wrong', async () => {
    const labels = constant([0], [1], 'int32');
    const p = constant([Number.NaN, 0.1], [1, 2]);
    expect(await accuracyOf(losses.sparseCategoricalCrossentropy(), 2, labels, p)).toBe(0);
  });
});

describe('meanSquaredError as a metric', () => {
  it('takes labels as one-hot targets', async () => {
    const labels = constant([1], [1], 'int32');
    const predictions = constant([0.25, 0.75], [1, 2]);
    expect(await figureOf(metrics.meanSquaredError(), labels, predictions)).toBeCloseTo(0.0625, 12);
  });
});

describe('perSample', () => {
  it('averages over everything but the batch', async () => {
    expect(await valuesOf(metrics.perSample(constant([1, 2, 3, 4, 5, 9], [2, 3, 1])))).toEqual([2, 6]);
  });
});

describe('names', () => {
  it('are guessed from misspelt, abbreviated and Keras ones', () => {
    const names = ['meanSquaredError', 'binaryCrossentropy', 'accuracy'];
    expect(closest('mean_squared_error', names)).toBe('meanSquaredError');
    expect(closest('binaryCrosentropy', names)).toBe('binaryCrossentropy');
    expect(closest('mse', names)).toBe('meanSquaredError');
    expect(closest('acc', names)).toBe('accuracy');
    expect(closest('hinge', names)).toBeUndefined();
    expect(() => losses.resolveLoss('toString' as losses.LossName)).toThrow('expected one of');
  });
});
