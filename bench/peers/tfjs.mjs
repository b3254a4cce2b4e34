// The TensorFlow.js peer: `node tfjs.mjs wasm|cpu`. The layers API, as its guide teaches it.

import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import {
  allWorks,
  batches,
  CLASSES,
  EPSILON,
  LEARNING_RATE,
  missing,
  POOL,
  serve,
  uniform,
} from './serve.mjs';

const backend = process.argv[2] ?? 'wasm';
// tfjs greets on stdout, which belongs to the protocol here.
for (const method of ['log', 'info', 'warn', 'debug']) console[method] = () => {};

let tf;
try {
  tf = await import('@tensorflow/tfjs');
  if (backend === 'wasm') {
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    const require = createRequire(import.meta.url);
    wasm.setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep);
  } else {
    await import('@tensorflow/tfjs-backend-cpu');
  }
} catch (error) {
  missing(error);
}
await tf.setBackend(backend);
await tf.ready();

await serve({ info, setup });

function info() {
  return { name: `tfjs ${backend}`, version: tf.version.tfjs, variants: allWorks('layers API') };
}

function setup({ kind = 'train', work, batch, size }) {
  if (kind === 'train') return training(work, batch);
  if (kind === 'predict') return prediction(work, batch);
  if (kind === 'matmul') return matrixProduct(size);
  throw new Error(`unknown kind ${kind}`);
}

function build(work) {
  const { conv2d, maxPooling2d, flatten, dense, dropout } = tf.layers;
  const relu = { activation: 'relu' };
  const image = { inputShape: [28, 28, 1] };
  if (work === 'mlp') {
    return tf.sequential({
      layers: [
        dense({ units: 128, inputShape: [784], ...relu }),
        dense({ units: CLASSES, activation: 'softmax' }),
      ],
    });
  }
  if (work === 'lenet5') {
    return tf.sequential({
      layers: [
        conv2d({ filters: 6, kernelSize: 5, padding: 'same', ...relu, ...image }),
        maxPooling2d({ poolSize: 2 }),
        conv2d({ filters: 16, kernelSize: 5, ...relu }),
        maxPooling2d({ poolSize: 2 }),
        flatten(),
        dense({ units: 120, ...relu }),
        dense({ units: 84, ...relu }),
        dense({ units: CLASSES, activation: 'softmax' }),
      ],
    });
  }
  if (work === 'cnn') {
    return tf.sequential({
      layers: [
        conv2d({ filters: 32, kernelSize: 3, ...relu, ...image }),
        maxPooling2d({ poolSize: 2 }),
        conv2d({ filters: 64, kernelSize: 3, ...relu }),
        maxPooling2d({ poolSize: 2 }),
        flatten(),
        dropout({ rate: 0.5 }),
        dense({ units: CLASSES, activation: 'softmax' }),
      ],
    });
  }
  throw new Error(`unknown work ${work}`);
}

function shapeOf(work, batch) {
  return work === 'mlp' ? [batch, 784] : [batch, 28, 28, 1];
}

async function training(work, batch) {
  tf.disposeVariables();
  const model = build(work);
  model.compile({
    optimizer: tf.train.adam(LEARNING_RATE, 0.9, 0.999, EPSILON),
    loss: 'sparseCategoricalCrossentropy',
  });
  const pool = batches(batch).map(({ x, y }) => ({
    x: tf.tensor(x, shapeOf(work, batch)),
    y: tf.tensor1d(Float32Array.from(y)),
  }));
  let at = 0;
  return async () => {
    const { x, y } = pool[at++ % POOL];
    return await model.trainOnBatch(x, y);
  };
}

function prediction(work, batch) {
  const model = build(work);
  const x = tf.tensor(batches(batch)[0].x, shapeOf(work, batch));
  return () => {
    const y = model.predict(x);
    const value = y.dataSync()[0];
    y.dispose();
    return value;
  };
}

function matrixProduct(size) {
  const next = uniform(1);
  const matrix = () => tf.tensor2d(Float32Array.from({ length: size * size }, next), [size, size]);
  const a = matrix();
  const b = matrix();
  return () => {
    const c = tf.matMul(a, b);
    const value = c.dataSync()[0];
    c.dispose();
    return value;
  };
}
