// A training run of a process of its own, which the test kills: node interrupted.mjs FOLDER [THREADS]
// Prints a line for each step, and at its end the SHA-256 of the weights and the history.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  batchNormalization,
  type Callback,
  conv2d,
  dense,
  dropout,
  earlyStopping,
  flatten,
  maxPooling2d,
  optimizers,
  reduceLrOnPlateau,
  selectBackend,
  sequential,
  syntheticDigits,
} from '../../../src/index.ts';
import { backupAndRestore, csvLogger, modelCheckpoint, tensorBoard } from '../../../src/node.ts';

const [folder, threads = '1'] = process.argv.slice(2) as [string, string?];
const model = sequential(
  [
    conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
    maxPooling2d({ poolSize: 4 }),
    batchNormalization(),
    flatten(),
    dropout({ rate: 0.25 }),
    dense({ units: 10, activation: 'softmax' }),
  ],
  { seed: 5 },
);
model.compile({
  optimizer: optimizers.adam({ learningRate: 0.01 }),
  loss: 'sparseCategoricalCrossentropy',
  metrics: ['accuracy'],
  backend: await selectBackend('wasm', { threads: Number(threads) }),
});
const { images, labels } = syntheticDigits({ count: 200, seed: 9 });
const x = Float32Array.from(images, (value) => value / 255);
const steps: Callback = { onBatchEnd: (batch) => console.log(`step ${batch}`) };
const { history } = await model.fit(x, labels, {
  epochs: 6,
  batchSize: 16,
  validationSplit: 0.2,
  callbacks: [
    steps,
    reduceLrOnPlateau({ patience: 1, minDelta: 0.1, factor: 0.5 }),
    earlyStopping({ patience: 10, restoreBestWeights: true }),
    csvLogger(join(folder, 'log.csv')),
    tensorBoard({ logDir: join(folder, 'board'), updateFreq: 4 }),
    modelCheckpoint({ filepath: join(folder, 'best'), saveBestOnly: true, monitor: 'loss' }),
    backupAndRestore({ directory: join(folder, 'backup'), saveFreq: 1 }),
  ],
});
const hash = createHash('sha256');
for (const { data } of await model.getWeights()) hash.update(data);
console.log(JSON.stringify({ sha256: hash.digest('hex'), history }));
