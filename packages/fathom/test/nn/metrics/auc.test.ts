import { describe, expect, it } from 'vitest';
import * as metrics from '../../../src/nn/metrics/index.ts';
import { figureOf } from '../../support/metrics.ts';
import { seeded } from '../../support/random.ts';

const of = (
  metric: metrics.Metric,
  yes: readonly number[],
  scores: readonly number[],
  weights?: readonly number[],
) =>
  figureOf(metric, {
    targets: Float64Array.from(yes),
    targetShape: [1],
    predictions: Float64Array.from(scores),
    shape: [1],
    weights: weights && Float64Array.from(weights),
    batches: [yes.length],
  });

/** The chance that a yes gets more than a no, by asking each pair. */
function byPairs(yes: readonly number[], scores: readonly number[]): number {
  let [won, pairs] = [0, 0];
  yes.forEach((a, i) => {
    yes.forEach((b, j) => {
      if (!(a > b)) return;
      pairs++;
      won += scores[i]! > scores[j]! ? 1 : scores[i] === scores[j] ? 0.5 : 0;
    });
  });
  return won / pairs;
}

describe('auc', () => {
  it('is 1 for a perfect order, 0 for the reverse, 0.5 where all are equal', async () => {
    expect(await of(metrics.auc(), [0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])).toBe(1);
    expect(await of(metrics.auc(), [1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4])).toBe(0);
    expect(await of(metrics.auc(), [0, 1, 0, 1, 1], [7, 7, 7, 7, 7])).toBe(0.5);
  });

  it('is the share of pairs in the right order, ties counting half, however close the scores', async () => {
    const random = seeded(61);
    const yes = Array.from({ length: 200 }, () => Number(random() < 0.4));
    // Keras' 200 buckets would take all of these for equal.
    const scores = yes.map((y) => 0.5 + 1e-6 * Math.floor(12 * random() + 3 * y));
    expect(await of(metrics.auc(), yes, scores)).toBeCloseTo(byPairs(yes, scores), 12);
  });

  it('takes logits as well as probabilities: only the order counts', async () => {
    const logits = [-900, -2, 0.5, 3, 1, 800];
    const yes = [0, 0, 1, 0, 1, 1];
    expect(await of(metrics.auc(), yes, logits)).toBe(byPairs(yes, logits));
  });

  it('counts a sample as often as its weight says', async () => {
    const [yes, scores, weights] = [
      [0, 1, 0, 1, 1],
      [0.1, 0.4, 0.4, 0.2, 0.9],
      [2, 1, 3, 0, 2],
    ];
    const repeated = (values: number[]) =>
      values.flatMap((value, i) => new Array<number>(weights[i]!).fill(value));
    for (const curve of ['ROC', 'PR'] as const) {
      expect(await of(metrics.auc({ curve }), yes, scores, weights)).toBeCloseTo(
        (await of(metrics.auc({ curve }), repeated(yes), repeated(scores))) as number,
        12,
      );
    }
  });

  it('is NaN without a yes, without a no, with a score that is NaN, and before the first batch', async () => {
    expect(await of(metrics.auc(), [1, 1], [0.1, 0.2])).toBeNaN();
    expect(await of(metrics.auc(), [0, 0], [0.1, 0.2])).toBeNaN();
    expect(await of(metrics.auc({ curve: 'PR' }), [0, 0], [0.1, 0.2])).toBeNaN();
    expect(await of(metrics.auc(), [0, 1], [0.1, Number.NaN])).toBeNaN();
    expect(metrics.auc().accumulator().result()).toBeNaN();
  });

  it('may be asked between batches, and goes on', () => {
    const pass = metrics.auc().accumulator();
    const add = (yes: number[], scores: number[]) =>
      pass.add([Float64Array.of(0), Float64Array.from(yes), Float64Array.from(scores)], yes.length);
    add([0, 1], [0.3, 0.4]);
    expect(pass.result()).toBe(1);
    expect(pass.result()).toBe(1);
    add([1, 0], [0.1, 0.2]);
    expect(pass.result()).toBe(0.5);
  });

  it('refuses other curves', () => {
    expect(() => metrics.auc({ curve: 'roc' as 'ROC' })).toThrow(
      'auc: expected curve to be ROC or PR; received "roc"',
    );
  });
});

describe('curves', () => {
  it('rocCurve: a point for every score', () => {
    expect(metrics.rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])).toEqual({
      falsePositiveRate: [0, 0, 0.5, 0.5, 1],
      truePositiveRate: [0, 0.5, 0.5, 1, 1],
      thresholds: [Number.POSITIVE_INFINITY, 0.8, 0.4, 0.35, 0.1],
      auc: 0.75,
    });
  });

  it('equal scores are one point, also −0 and 0', () => {
    const { thresholds, auc } = metrics.rocCurve([false, true, false, true], [0, -0, 1, 1]);
    expect(thresholds).toHaveLength(3);
    expect(auc).toBe(0.5);
  });

  it('precisionRecallCurve: from precision 1 at recall 0 to the share of yeses', () => {
    const { precision, recall, averagePrecision } = metrics.precisionRecallCurve(
      [0, 0, 1, 1],
      [0.1, 0.4, 0.35, 0.8],
    );
    expect(precision).toEqual([1, 1, 1 / 2, 2 / 3, 1 / 2]);
    expect(recall).toEqual([0, 1 / 2, 1 / 2, 1, 1]);
    expect(averagePrecision).toBeCloseTo(1 / 2 + 1 / 3, 12);
  });

  it('orders infinities', () => {
    const scores = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY];
    expect(metrics.rocCurve([0, 1, 0, 1], scores).auc).toBe(1);
  });

  it('refuse what does not fit together', () => {
    expect(() => metrics.rocCurve([0, 1], [0.5])).toThrow(
      'rocCurve: expected 2 scores, one for each label; received 1',
    );
    expect(() => metrics.precisionRecallCurve([0, 1], [0.5, Number.NaN])).toThrow('received NaN at 1');
    expect(() => metrics.rocCurve([0, 1], [0.5, 1], { sampleWeight: [1] })).toThrow('expected 2 weights');
  });

  it('of one kind of label alone have no rate of the other', () => {
    const { falsePositiveRate, truePositiveRate, auc } = metrics.rocCurve([1, 1], [0.2, 0.3]);
    expect(falsePositiveRate.every(Number.isNaN)).toBe(true);
    expect(truePositiveRate).toEqual([0, 0.5, 1]);
    expect(auc).toBeNaN();
  });
});
