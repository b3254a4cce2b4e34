import { describe, expect, it } from 'vitest';
import { lenet5, normalizeImages } from '../../../src/index.ts';
import { loadDataset } from '../../../src/node/index.ts';

const DATA = process.env.FATHOM_DATA;
if (!DATA) console.log('Skipped: the built-in digits against MNIST (FATHOM_DATA is not set).');

describe.skipIf(!DATA)('built-in digits against MNIST', () => {
  it('teach LeNet-5 to read at least 95 % of real digits, none of which it has seen', async () => {
    const { train } = await loadDataset('digits', { limit: 30_000 });
    const { test } = await loadDataset('mnist');
    const model = lenet5();
    model.compile({
      optimizer: 'adam',
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
      seed: 0,
    });
    await model.fit(normalizeImages(train).images, train.labels, { batchSize: 32, epochs: 3 });
    const { accuracy } = await model.evaluate(normalizeImages(test).images, test.labels);
    expect(accuracy).toBeGreaterThan(0.95);
    model.dispose();
  }, 120_000);
});
