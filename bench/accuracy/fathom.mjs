// Seconds to 98 % and 99 % on MNIST's test set: `node fathom.mjs SEED [BACKEND]` with FATHOM_DATA. A line a goal.

import { layers, normalizeImages, sequential } from 'fathom';
import { loadDataset } from 'fathom/node';

const [seed = '0', backend = 'auto'] = process.argv.slice(2);
const GOALS = [0.98, 0.99];
const LOOK_EVERY = 117; // steps: a quarter of an epoch
const MOST_EPOCHS = 20;

const { train, test } = await loadDataset('mnist');
const { conv2d, maxPooling2d, flatten, dropout, dense } = layers;
const model = sequential(
  [
    conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
    maxPooling2d({ poolSize: 2 }),
    conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
    maxPooling2d({ poolSize: 2 }),
    flatten(),
    dropout({ rate: 0.5 }),
    dense({ units: 10, activation: 'softmax' }),
  ],
  { seed: Number(seed) },
);
model.compile({
  optimizer: 'adam',
  loss: 'sparseCategoricalCrossentropy',
  metrics: ['accuracy'],
  backend,
});
const x = normalizeImages(train).images;
const testX = normalizeImages(test).images;

const goals = [...GOALS];
let steps = 0;
const look = {
  async onBatchEnd(_step, _logs, run) {
    if (++steps % LOOK_EVERY !== 0) return;
    const { accuracy } = await model.evaluate(testX, test.labels, { batchSize: 500 });
    while (goals.length > 0 && accuracy >= goals[0]) {
      console.log(JSON.stringify({ goal: goals.shift(), accuracy, steps }));
    }
    if (goals.length === 0) run.stopTraining = true;
  },
};
await model.fit(x, train.labels, { batchSize: 128, epochs: MOST_EPOCHS, callbacks: [look] });
process.exit(0);
