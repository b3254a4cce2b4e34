import { describe, expect, it } from 'vitest';
import * as losses from '../../../src/nn/losses/index.ts';
import * as metrics from '../../../src/nn/metrics/index.ts';
import { figureOf } from '../../support/metrics.ts';

type Numbers = readonly number[];

/** Of samples with `outputs` predictions; labels where there are as many targets as samples, and several outputs. */
function of(metric: metrics.Metric, outputs: number, targets: Numbers, predictions: Numbers) {
  const count = predictions.length / outputs;
  const labels = outputs > 1 && targets.length === count;
  return figureOf(metric, {
    targets: labels ? Int32Array.from(targets) : Float64Array.from(targets),
    targetShape: labels ? [] : [outputs],
    predictions: Float64Array.from(predictions),
    shape: [outputs],
    batches: [count],
  });
}

const accuracy = (loss: losses.LossLike, outputs: number, targets: Numbers, predictions: Numbers) =>
  of(metrics.resolveMetric('accuracy', losses.resolveLoss(loss), [outputs]), outputs, targets, predictions);

describe('accuracy', () => {
  const predictions = [0.1, 0.7, 0.2, 0.5, 0.5, 0, 0.2, 0.3, 0.5];

  it('compares labels with the largest prediction, the first of equal ones', async () => {
    expect(await accuracy('sparseCategoricalCrossentropy', 3, [1, 1, 2], predictions)).toBe(2 / 3);
    expect(await accuracy('sparseCategoricalCrossentropy', 3, [1, 0, 2], predictions)).toBe(1);
  });

  it('compares the places of the largest target and prediction', async () => {
    expect(await accuracy('categoricalCrossentropy', 3, [0, 1, 0, 1, 0, 0, 1, 0, 0], predictions)).toBe(
      2 / 3,
    );
  });

  it('asks whether more than half is said for yes, output by output', async () => {
    expect(await accuracy('binaryCrossentropy', 2, [1, 0, 1, 1], [0.6, 0.5, 0.5, 0.9])).toBe(0.75);
  });

  it('puts the threshold of logits at 0, the probability 0.5', async () => {
    const loss = losses.binaryCrossentropy({ fromLogits: true });
    expect(await accuracy(loss, 1, [1, 1], [0.2, -0.2])).toBe(0.5);
  });

  it('compares sides for hinge losses, whose targets are −1 or 0 and 1', async () => {
    expect(await accuracy('hinge', 1, [1, -1, 0, 1], [0.2, -3, -0.1, -0.1])).toBe(0.75);
  });

  it('goes by the number of outputs where the loss does not tell', async () => {
    expect(await accuracy('meanSquaredError', 1, [1, 0], [0.9, 0.8])).toBe(0.5);
    expect(await accuracy('meanSquaredError', 2, [0, 1, 1, 0], [0.1, 0.2, 0.1, 0.2])).toBe(0.5);
  });

  it('goes by the shapes without a loss', async () => {
    expect(await of(metrics.accuracy(), 1, [1, 0], [0.9, 0.8])).toBe(0.5);
    expect(await of(metrics.accuracy(), 3, [1, 1, 2], predictions)).toBe(2 / 3);
  });

  it('counts NaN as wrong', async () => {
    expect(await accuracy('sparseCategoricalCrossentropy', 2, [0], [Number.NaN, 0.1])).toBe(0);
    expect(await accuracy('binaryCrossentropy', 1, [1], [Number.NaN])).toBe(0);
  });
});

describe('binaryAccuracy', () => {
  it('takes its threshold as a probability, of logits too', async () => {
    const strict = metrics.binaryAccuracy({ threshold: 0.75 });
    expect(await of(strict, 1, [1, 1], [0.7, 0.8])).toBe(0.5);
    const loss = losses.binaryCrossentropy({ fromLogits: true });
    // The logit of 0.75 is ln 3 = 1.0986.
    expect(await of(metrics.resolveMetric(strict, loss, [1]), 1, [1, 1], [1.09, 1.1])).toBe(0.5);
    expect(
      await of(metrics.binaryAccuracy({ threshold: 0.75, fromLogits: true }), 1, [1, 1], [1.09, 1.1]),
    ).toBe(0.5);
  });

  it('keeps what it was told about logits, whatever the loss says', async () => {
    const told = metrics.resolveMetric(
      metrics.binaryAccuracy({ fromLogits: false }),
      losses.binaryCrossentropy({ fromLogits: true }),
      [1],
    );
    expect(await of(told, 1, [1, 1], [0.2, 0.6])).toBe(0.5);
  });

  it('refuses a threshold that is no probability', () => {
    expect(() => metrics.binaryAccuracy({ threshold: 2 })).toThrow(
      'binaryAccuracy: threshold: expected a number in [0, 1]',
    );
  });
});

describe('top k', () => {
  const scores = [0.1, 0.7, 0.2, 0.5, 0.3, 0.2];

  it('counts targets among the k largest', async () => {
    expect(await of(metrics.sparseTopKCategoricalAccuracy({ k: 1 }), 3, [2, 0], scores)).toBe(0.5);
    expect(await of(metrics.sparseTopKCategoricalAccuracy({ k: 2 }), 3, [2, 2], scores)).toBe(0.5);
    expect(await of(metrics.sparseTopKCategoricalAccuracy(), 3, [0, 2], scores)).toBe(1);
    expect(await of(metrics.topKCategoricalAccuracy({ k: 2 }), 3, [0, 0, 1, 0, 0, 1], scores)).toBe(0.5);
  });

  it('counts all of equal values at the limit, and never NaN', async () => {
    const metric = metrics.sparseTopKCategoricalAccuracy({ k: 1 });
    expect(await of(metric, 3, [1, 2], [0.4, 0.4, 0.2, 0.4, 0.4, 0.2])).toBe(0.5);
    expect(await of(metric, 3, [0], [Number.NaN, 0.4, 0.2])).toBe(0);
  });

  it('refuses what is no count, and targets that are no labels', () => {
    expect(() => metrics.topKCategoricalAccuracy({ k: 0 })).toThrow(
      'expected k to be an integer of 1 or more',
    );
    expect(() => metrics.sparseTopKCategoricalAccuracy({ k: 1.5 })).toThrow('received 1.5');
  });

  it('the sparse kinds want class numbers', async () => {
    for (const metric of [metrics.sparseCategoricalAccuracy(), metrics.sparseTopKCategoricalAccuracy()]) {
      await expect(of(metric, 2, [1, 0, 0, 1], [1, 0, 0, 1])).rejects.toThrow('expected class numbers');
    }
  });
});
