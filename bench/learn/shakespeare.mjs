import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import 'fathom/node';
import { adam, layers, philox4x32, schedules, sequential } from 'fathom';

export const WHAT = 'LSTM of 256 units writing tiny Shakespeare, character by character';
export const ASKED = '≤ 1.6 nats a character on held-out text';
export const EPOCHS = 12;

const STEPS = 100;
const BATCH = 32;
/** The last tenth is held out. */
const TRAINED = 0.9;

export async function learn({ epochs, seed, backend, say }) {
  const text = readFileSync(join(process.env.FATHOM_DATA, 'text', 'tinyshakespeare.txt'), 'utf8');
  const alphabet = [...new Set(text)].sort();
  const codes = Int32Array.from(text, (character) => alphabet.indexOf(character));
  const cut = Math.floor(TRAINED * codes.length);
  const [train, held] = [codes.subarray(0, cut), codes.subarray(cut)];
  const model = sequential(
    [
      layers.embedding({ inputDim: alphabet.length, outputDim: 64, inputShape: [STEPS] }),
      layers.lstm({ units: 256, returnSequences: true }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: alphabet.length, activation: 'softmax' }),
    ],
    { seed },
  );
  const perEpoch = Math.floor(train.length / (STEPS * BATCH));
  const learningRate = schedules.oneCycle({
    maxLearningRate: 3e-3,
    totalSteps: epochs * perEpoch,
    warmupShare: 0.1,
  });
  model.compile({
    optimizer: adam({ learningRate, clipnorm: 1 }),
    loss: 'sparseCategoricalCrossentropy',
    backend,
  });
  const validation = windows(held, (i) => i * STEPS, Math.floor((held.length - 1) / STEPS));
  let epoch = 0;
  const data = {
    *[Symbol.iterator]() {
      const random = generator(seed, epoch);
      for (let step = 0; step < perEpoch; step++) {
        yield windows(train, () => Math.floor(random() * (train.length - STEPS - 1)), BATCH);
      }
    },
  };
  const line = {
    async onEpochEnd(done, logs) {
      epoch = done + 1;
      const { loss } = await model.evaluate(...validation, { batchSize: BATCH });
      say(`epoch ${done + 1}/${epochs}  loss ${logs.loss.toFixed(4)}  held out ${loss.toFixed(4)}`);
    },
  };
  await model.fit(data, { epochs, callbacks: [line] });
  const { loss } = await model.evaluate(...validation, { batchSize: BATCH });
  return {
    reached: `${loss.toFixed(3)} nats`,
    details: `cross-entropy a character on the last ${held.length.toLocaleString('en')} of ${codes.length.toLocaleString('en')} characters`,
    parameters: model.countParams(),
  };
}

/** Stretches of the text, and the characters that follow each place of them. */
function windows(codes, startOf, count) {
  const x = new Int32Array(count * STEPS);
  const y = new Int32Array(count * STEPS);
  for (let i = 0; i < count; i++) {
    const start = startOf(i);
    x.set(codes.subarray(start, start + STEPS), i * STEPS);
    y.set(codes.subarray(start + 1, start + STEPS + 1), i * STEPS);
  }
  const shape = [count, STEPS];
  return [
    { data: x, shape },
    { data: y, shape },
  ];
}

/** Numbers in [0, 1) decided by the run and the epoch. */
function generator(seed, epoch) {
  let index = 0;
  return () => philox4x32([index++, epoch, 0, 0], [seed, 0])[0] / 2 ** 32;
}
