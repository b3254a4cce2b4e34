import { describe, expect, it } from 'vitest';
import { dense } from '../../../src/nn/layers/index.ts';
import type * as losses from '../../../src/nn/losses/index.ts';
import { modelFromConfig, sequential } from '../../../src/train/index.ts';
import { seeded } from '../../support/random.ts';

/** What targets a loss takes, and the activation whose results it takes. */
const SETTINGS: Readonly<
  Record<
    losses.LossName,
    readonly ['numbers' | 'counts' | 'yes' | 'sides' | 'classes' | 'labels', 'linear' | 'sigmoid' | 'softmax']
  >
> = {
  meanSquaredError: ['numbers', 'linear'],
  meanAbsoluteError: ['numbers', 'linear'],
  meanAbsolutePercentageError: ['numbers', 'linear'],
  meanSquaredLogarithmicError: ['numbers', 'sigmoid'],
  huber: ['numbers', 'linear'],
  logCosh: ['numbers', 'linear'],
  binaryCrossentropy: ['yes', 'sigmoid'],
  binaryFocalCrossentropy: ['yes', 'sigmoid'],
  categoricalCrossentropy: ['classes', 'softmax'],
  categoricalFocalCrossentropy: ['classes', 'softmax'],
  sparseCategoricalCrossentropy: ['labels', 'softmax'],
  hinge: ['sides', 'linear'],
  squaredHinge: ['sides', 'linear'],
  categoricalHinge: ['classes', 'linear'],
  klDivergence: ['classes', 'softmax'],
  poisson: ['counts', 'sigmoid'],
  cosineSimilarity: ['numbers', 'linear'],
};

describe.each(Object.entries(SETTINGS))('%s', (name, [kind, activation]) => {
  it('trains a model, and its model comes back from a config', async () => {
    const random = seeded(71);
    const x = Array.from({ length: 40 }, () => [2 * random() - 1, 2 * random() - 1]);
    const scores = x.map(([a, b]) => [a! + 0.5, b! - a!, 0.3 - b!]);
    const labels = scores.map((row) => row.indexOf(Math.max(...row)));
    const y = {
      numbers: scores.map((row) => row.map((value) => 1.5 + value / 2)),
      counts: scores.map((row) => row.map((value) => Number(value > 0))),
      yes: scores.map((row) => row.map((value) => Number(value > 0))),
      sides: scores.map((row) => row.map((value) => Math.sign(value))),
      classes: labels.map((label) => [0, 1, 2].map((k) => Number(k === label))),
      labels,
    }[kind];
    const model = sequential([dense({ units: 3, activation: activation as 'linear', inputShape: [2] })], {
      seed: 5,
    });
    model.compile({ optimizer: 'adam', loss: name as losses.LossName, metrics: ['accuracy'] });
    model.optimizer!.learningRate = 0.05;
    const { history } = await model.fit(x, y, { epochs: 40, batchSize: 16 });
    const first = history.loss![0]!;
    const last = history.loss!.at(-1)!;
    expect(Number.isFinite(last)).toBe(true);
    expect(last).toBeLessThan(first - 0.05 * Math.abs(first));
    const twin = modelFromConfig(model.toConfig());
    twin.setWeights(await model.getWeights());
    expect((await twin.evaluate(x, y)).loss).toBeCloseTo((await model.evaluate(x, y)).loss!, 6);
    if (kind !== 'numbers' && kind !== 'counts') expect(history.accuracy!.at(-1)).toBeGreaterThan(0.75);
    await model.dispose();
    await twin.dispose();
  });
});
