import { describe, expect, it } from 'vitest';
import * as losses from '../../../src/nn/losses/index.ts';
import * as metrics from '../../../src/nn/metrics/index.ts';
import { figureOf } from '../../support/metrics.ts';

/** 3 hits, 1 false alarm, 2 misses, 2 rightly left alone. */
const YES = Float64Array.of(1, 1, 1, 1, 1, 0, 0, 0);
const SCORES = Float64Array.of(0.9, 0.8, 0.6, 0.5, 0.1, 0.7, 0.5, 0);

const binary = (metric: metrics.Metric, predictions = SCORES, weights?: Float64Array) =>
  figureOf(metric, { targets: YES, targetShape: [1], predictions, shape: [1], weights, batches: [3, 3, 2] });

describe('precision, recall and F1', () => {
  it('count hits, false alarms and misses over the whole pass', async () => {
    expect(await binary(metrics.precision())).toBe(3 / 4);
    expect(await binary(metrics.recall())).toBe(3 / 5);
    expect(await binary(metrics.f1Score())).toBe(6 / 9);
  });

  it('move with the threshold', async () => {
    expect(await binary(metrics.precision({ threshold: 0.7 }))).toBe(1);
    expect(await binary(metrics.recall({ threshold: 0.7 }))).toBe(2 / 5);
    expect(await binary(metrics.recall({ threshold: 0.05 }))).toBe(1);
  });

  it('take logits as the loss says', async () => {
    const logits = SCORES.map((p) => Math.log(p / (1 - p)));
    const loss = losses.binaryCrossentropy({ fromLogits: true });
    expect(await binary(metrics.resolveMetric('precision', loss, [1]), logits)).toBe(3 / 4);
    const strict = metrics.resolveMetric(metrics.recall({ threshold: 0.7 }), loss, [1]);
    expect(await binary(strict, logits)).toBe(2 / 5);
  });

  it('put the limit of hinge losses at 0, with targets −1 and 1', async () => {
    const metric = metrics.resolveMetric('precision', losses.hinge(), [1]);
    const pass = { targets: YES.map((yes) => 2 * yes - 1), targetShape: [1], shape: [1], batches: [8] };
    expect(await figureOf(metric, { ...pass, predictions: SCORES.map((p) => p - 0.5) })).toBe(3 / 4);
  });

  it('are 0 where nothing is said or meant', async () => {
    const never = new Float64Array(8);
    expect(await binary(metrics.precision(), never)).toBe(0);
    expect(await binary(metrics.recall(), never)).toBe(0);
    expect(await binary(metrics.f1Score(), never)).toBe(0);
  });

  it('leave out what a weight of 0 masks', async () => {
    const mask = Float64Array.of(1, 1, 1, 1, 1, 0, 1, 1);
    expect(await binary(metrics.precision(), SCORES, mask)).toBe(1);
  });

  it('are NaN before the first batch', () => {
    expect(metrics.precision().accumulator().result()).toBeNaN();
  });
});

describe('several classes', () => {
  const labels = Int32Array.of(0, 0, 1, 2, 2, 2);
  // Answers 0, 1, 1, 2, 2, 0.
  const predictions = Float64Array.of(6, 1, 1, 0, 4, 3, 1, 2, 0, 0, 0, 9, 0, 1, 2, 5, 0, 4);
  const of = (metric: metrics.Metric) =>
    figureOf(metric, { targets: labels, targetShape: [], predictions, shape: [3], batches: [4, 2] });

  it('none keeps the figures apart', async () => {
    expect(await of(metrics.precision({ average: 'none', threshold: null }))).toEqual([1 / 2, 1 / 2, 1]);
    expect(await of(metrics.recall({ average: 'none', threshold: null }))).toEqual([1 / 2, 1, 2 / 3]);
    expect(await of(metrics.f1Score())).toEqual([1 / 2, 2 / 3, 4 / 5]);
  });

  it('micro, macro and weighted make one of them', async () => {
    expect(await of(metrics.f1Score({ average: 'micro' }))).toBe(4 / 6);
    expect(await of(metrics.f1Score({ average: 'macro' }))).toBeCloseTo((1 / 2 + 2 / 3 + 4 / 5) / 3, 12);
    expect(await of(metrics.f1Score({ average: 'weighted' }))).toBeCloseTo((2 / 2 + 2 / 3 + 12 / 5) / 6, 12);
  });
});

describe('options', () => {
  it('of other kinds are refused', () => {
    expect(() => metrics.precision({ threshold: 1.5 })).toThrow(
      'precision: threshold: expected a number in [0, 1]',
    );
    expect(() => metrics.f1Score({ average: 'mean' as metrics.Average })).toThrow(
      'f1Score: average: expected one of none, micro, macro, weighted; received "mean"',
    );
  });
});
