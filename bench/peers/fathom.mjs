// Fathom itself, as its users call it: the built library, `compile`, `trainOnBatch`, `predict`.

import { batches, missing, POOL, serve, uniform } from './serve.mjs';

let fathom;
try {
  fathom = await import('fathom/node');
} catch (error) {
  missing(error);
}
const { sequential, layers } = fathom;

function info() {
  return { name: 'Fathom', version: fathom.version ?? 'built here', variants: {} };
}

function setup({ kind = 'train', work, batch, size, threads }) {
  if (kind === 'train') return training(work, batch, threads);
  if (kind === 'predict') return prediction(work, batch, threads);
  if (kind === 'matmul') return matrixProduct(size, threads);
  throw new Error(`unknown kind ${kind}`);
}

function build(work) {
  const { conv2d, maxPooling2d, flatten, dense, dropout } = layers;
  const relu = { activation: 'relu' };
  const image = { inputShape: [28, 28, 1] };
  if (work === 'mlp') {
    return sequential([
      dense({ units: 128, inputShape: [784], ...relu }),
      dense({ units: 10, activation: 'softmax' }),
    ]);
  }
  if (work === 'lenet5') {
    return sequential([
      conv2d({ filters: 6, kernelSize: 5, padding: 'same', ...relu, ...image }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 16, kernelSize: 5, ...relu }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 120, ...relu }),
      dense({ units: 84, ...relu }),
      dense({ units: 10, activation: 'softmax' }),
    ]);
  }
  if (work === 'cnn') {
    return sequential([
      conv2d({ filters: 32, kernelSize: 3, ...relu, ...image }),
      maxPooling2d({ poolSize: 2 }),
      conv2d({ filters: 64, kernelSize: 3, ...relu }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dropout({ rate: 0.5 }),
      dense({ units: 10, activation: 'softmax' }),
    ]);
  }
  throw new Error(`unknown work ${work}`);
}

function compiled(work, threads) {
  const model = build(work);
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', threads });
  return model;
}

function training(work, batch, threads) {
  const model = compiled(work, threads);
  const pool = batches(batch);
  let at = 0;
  return async () => {
    const { x, y } = pool[at++ % POOL];
    return (await model.trainOnBatch(x, y)).loss;
  };
}

function prediction(work, batch, threads) {
  const model = compiled(work, threads);
  const { x } = batches(batch)[0];
  return async () => firstOf(await model.predict(x));
}

function matrixProduct(size) {
  const next = uniform(1);
  const matrix = () => Float32Array.from({ length: size * size }, next);
  void matrix;
  throw new Error('not wired up yet');
}

function firstOf(result) {
  return result.data?.[0] ?? result[0];
}

await serve({ info, setup });
