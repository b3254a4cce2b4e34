// Makes the network that the lab shows at first: LeNet-5, trained on the built-in digits alone. The same bits come
// out of every run on one machine. Where MNIST is at hand, its test set says how well it does on real digits.
//
//   npm run build && node scripts/trainLabWeights.mjs

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { adam, lenet5, normalize, schedules, syntheticDigits } from 'fathom';
import { loadDataset, saveModel } from 'fathom/node';

const SEED = 1;
const EPOCHS = 16;
const DIGITS_AN_EPOCH = 60_000;
const BATCH = 64;
const TEST_SEED = 2;

const folder = fileURLToPath(new URL('../packages/lab/public/weights/', import.meta.url));
const steps = EPOCHS * Math.ceil(DIGITS_AN_EPOCH / BATCH);
const model = lenet5({ seed: SEED, name: 'lenet5-digits' });
model.compile({
  optimizer: adam({ learningRate: schedules.cosineDecay({ initialLearningRate: 0.002, decaySteps: steps }) }),
  loss: 'sparseCategoricalCrossentropy',
  metrics: ['accuracy'],
});

const test = syntheticDigits({ seed: TEST_SEED, count: 10_000 });
for (let epoch = 0; epoch < EPOCHS; epoch++) {
  // The digits never end: each epoch sees new ones.
  const { images, labels } = syntheticDigits({
    seed: SEED,
    count: DIGITS_AN_EPOCH,
    start: epoch * DIGITS_AN_EPOCH,
  });
  const { history } = await model.fit(pictures(images), labels, { batchSize: BATCH });
  console.log(`epoch ${epoch + 1}/${EPOCHS}: loss ${history.loss.at(-1).toFixed(4)}`);
}
const own = await model.evaluate(pictures(test.images), test.labels);
console.log(`test accuracy: ${percent(own.accuracy)} on 10,000 digits it has not seen`);
const mnist = await loadDataset('mnist', { download: false }).catch(() => undefined);
if (mnist) {
  const { images, labels } = mnist.test;
  const real = await model.evaluate(pictures(images), labels);
  console.log(`              ${percent(real.accuracy)} on MNIST's test set`);
}
await mkdir(folder, { recursive: true });
await saveModel(model, folder);

function pictures(images) {
  return { data: normalize(images), shape: [images.length / 784, 28, 28, 1] };
}

function percent(share) {
  return `${(100 * share).toFixed(2)} %`;
}
