import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as metrics from '../../src/nn/metrics/index.ts';
import { figureOf, type Pass } from '../support/metrics.ts';
import { seededArray, seededLabels } from './golden.ts';

/** What metrics.py writes. */
interface Golden {
  readonly samples: number;
  readonly batch: number;
  readonly classes: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly peer: string;
    readonly name: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly data: string;
    readonly weighted: boolean;
    readonly value: metrics.MetricValue;
  }[];
  readonly curves: readonly {
    readonly weighted: boolean;
    readonly falsePositiveRate: readonly number[];
    readonly truePositiveRate: readonly number[];
    readonly thresholds: readonly number[];
    readonly precision: readonly number[];
    readonly recall: readonly number[];
    readonly steps: readonly number[];
  }[];
}

const golden = JSON.parse(readFileSync(new URL('./data/metrics.json', import.meta.url), 'utf8')) as Golden;
const { samples, batch, classes } = golden;

const uniform = (seed: number, size: number, low = 0, high = 1) =>
  Float64Array.from(seededArray({ shape: [samples, size], seed, low, high }));
const grid = (seed: number, size: number, levels: number) =>
  uniform(seed, size).map((x) => Math.floor(x * levels) / levels);
const plus = (...terms: Float64Array[]) =>
  terms[0]!.map((_, i) => terms.reduce((sum, term) => sum + term[i]!, 0));
const times = (factor: number, x: Float64Array) => x.map((value) => factor * value);
const truths = (x: Float64Array, limit: number) => x.map((value) => Number(value > limit));

const labels = Int32Array.from(seededLabels(401, samples, classes));
const oneHot = Float64Array.from({ length: samples * classes }, (_, i) =>
  Number(labels[Math.floor(i / classes)] === i % classes),
);
const yes = truths(uniform(402, 1), Math.fround(0.6));
const many = truths(uniform(403, classes), Math.fround(0.7));
const numbers = uniform(404, 3, 90, 110);
const weights = grid(405, 1, 4);
const classScores = plus(
  times(0.5, grid(406, classes, 256)),
  times(0.25, oneHot),
  times(2 ** -10, grid(416, classes, 4096)),
);
const yesScores = plus(times(0.75, grid(407, 1, 16)), times(0.1875, yes));
const manyScores = plus(times(0.75, grid(408, classes, 32)), times(0.1875, many));
const close = plus(numbers, uniform(409, 3, -4, 4)).map(Math.fround);

const DATA: Readonly<Record<string, Pick<Pass, 'targets' | 'targetShape' | 'predictions' | 'shape'>>> = {
  labels: { targets: labels, targetShape: [], predictions: classScores, shape: [classes] },
  oneHot: { targets: oneHot, targetShape: [classes], predictions: classScores, shape: [classes] },
  yes: { targets: yes, targetShape: [1], predictions: yesScores, shape: [1] },
  many: { targets: many, targetShape: [classes], predictions: manyScores, shape: [classes] },
  numbers: { targets: numbers, targetShape: [3], predictions: close, shape: [3] },
};

/** Keras keeps its sums in float32, whatever the type; scikit-learn computes in float64. */
const TOLERANCE: Readonly<Record<string, number>> = { keras: 3e-7, sklearn: 1e-12 };
/** A difference of two logarithms near each other, which magnifies what Keras rounds. */
const MAGNIFIED = 'meanSquaredLogarithmicError';

describe('metrics over unequal batches are what the peers say', () => {
  it('the file of metrics.py says with what it was made', () => {
    expect(golden.versions.keras).toMatch(/^3\./);
    expect(golden.versions['scikit-learn']).toMatch(/^1\./);
    expect(samples % batch).not.toBe(0);
  });

  const titled = golden.cases.map(
    (each) =>
      [
        `${each.name} ${JSON.stringify(each.options)} of ${each.data}${each.weighted ? ', weighted' : ''} (${each.peer})`,
        each,
      ] as const,
  );
  it.each(titled)('%s', async (_title, { name, options, data, weighted, value, peer }) => {
    const metric = metrics.resolveMetric(
      metrics.metricFromConfig({ type: name, ...options }),
      { name: 'loss', targets: 'values', kind: 'regression', fromLogits: false, call: (t) => t },
      DATA[data]!.shape,
    );
    const actual = await figureOf(metric, {
      ...DATA[data]!,
      weights: weighted ? weights : undefined,
      batches: [batch, batch, batch, samples - 3 * batch],
    });
    expectClose(actual, value, TOLERANCE[peer]! * (name === MAGNIFIED ? 10 : 1));
  });
});

describe.each(golden.curves)('curves of scikit-learn, weighted: $weighted', (curve) => {
  const options = curve.weighted ? { sampleWeight: weights } : {};

  it('rocCurve', () => {
    const actual = metrics.rocCurve(yes, yesScores, options);
    expectClose(actual.falsePositiveRate, curve.falsePositiveRate, 1e-12);
    expectClose(actual.truePositiveRate, curve.truePositiveRate, 1e-12);
    expect(actual.thresholds).toEqual([Number.POSITIVE_INFINITY, ...curve.thresholds]);
  });

  it('precisionRecallCurve', () => {
    const actual = metrics.precisionRecallCurve(yes, yesScores, options);
    expectClose(actual.precision, curve.precision, 1e-12);
    expectClose(actual.recall, curve.recall, 1e-12);
    expect(actual.thresholds).toEqual([Number.POSITIVE_INFINITY, ...curve.steps]);
  });
});

function expectClose(actual: metrics.MetricValue, expected: metrics.MetricValue, tolerance: number): void {
  if (typeof expected === 'number') {
    expect(typeof actual).toBe('number');
    expect(Math.abs((actual as number) - expected), `${actual} and ${expected}`).toBeLessThanOrEqual(
      tolerance * Math.max(Math.abs(expected), 1e-3),
    );
    return;
  }
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expectClose((actual as readonly (number | readonly number[])[])[i]!, value, tolerance);
  });
}
