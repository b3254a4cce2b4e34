import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { batches, createDataset } from '../../src/data/index.ts';
import { batchNormalization, dense, dropout } from '../../src/nn/layers/index.ts';
import {
  captureTraining,
  decodeCheckpoint,
  encodeCheckpoint,
  type Model,
  restoreTraining,
  sequential,
} from '../../src/train/index.ts';
import { clouds } from './data.ts';

const [SAMPLES, BATCH, EPOCHS, SEED] = [22, 5, 3, 3];
const PER_EPOCH = Math.ceil(SAMPLES / BATCH);
const data = clouds(SAMPLES);
const dataset = createDataset({
  name: 'clouds',
  images: data.x,
  labels: data.y,
  shape: [2],
  classes: ['a', 'b', 'c'],
});

/** Slots, running statistics and random masks: all that a step depends on. */
function network(optimizer: 'adam' | 'sgd' = 'adam'): Model {
  const model = sequential(
    [
      dense({ units: 6, activation: 'relu', inputShape: [2] }),
      batchNormalization(),
      dropout({ rate: 0.3 }),
      dense({ units: 3, activation: 'softmax' }),
    ],
    { seed: SEED },
  );
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', backend: referenceBackend() });
  return model;
}

/** Trains batch by batch, as `fit` orders them, from one step to before another. */
async function drive(model: Model, from: number, to: number): Promise<void> {
  for (let epoch = 0, step = 0; epoch < EPOCHS; epoch++) {
    for (const { images, labels, count } of batches(dataset, { batchSize: BATCH, seed: SEED, epoch })) {
      if (step >= from && step < to)
        await model.trainOnBatch({ data: images as Float32Array, shape: [count, 2] }, labels);
      step++;
    }
  }
}

const weightsOf = async (model: Model) => (await model.getWeights()).map(({ data: values }) => values);
const placeAfter = (steps: number) => ({
  epoch: Math.floor(steps / PER_EPOCH),
  batch: steps % PER_EPOCH,
  batchSize: BATCH,
  samples: SAMPLES,
  steps: PER_EPOCH,
});

describe('the state of a training that somebody drives', () => {
  it('brings back any moment, from which training comes to the same bits', async () => {
    const whole = network();
    const states: Uint8Array[] = [];
    for (let step = 0; step < EPOCHS * PER_EPOCH; step++) {
      states.push(encodeCheckpoint(await captureTraining(whole, placeAfter(step))));
      await drive(whole, step, step + 1);
    }
    const expected = await weightsOf(whole);
    for (const step of [0, 1, 7, 14]) {
      // In the model that has gone on, and in another one, as after loading a page again.
      for (const model of [whole, network()]) {
        const state = decodeCheckpoint(states[step]!);
        expect(state).toMatchObject({ epoch: Math.floor(step / PER_EPOCH), batch: step % PER_EPOCH });
        await restoreTraining(model, state);
        expect(await weightsOf(model)).toEqual(state.weights.map(({ data: values }) => values));
        await drive(model, step, EPOCHS * PER_EPOCH);
        expect(await weightsOf(model)).toEqual(expected);
      }
    }
  });

  it('goes on in fit, which comes to the same bits', async () => {
    const whole = network();
    await drive(whole, 0, EPOCHS * PER_EPOCH);
    const begun = network();
    await drive(begun, 0, 7);
    const resume = await captureTraining(begun, placeAfter(7));
    const fitted = network();
    await fitted.fit(data.x, data.y, { epochs: EPOCHS, batchSize: BATCH, resume });
    expect(await weightsOf(fitted)).toEqual(await weightsOf(whole));
  });

  it('is refused by another model, which stays as it was', async () => {
    const model = network('sgd');
    const before = await weightsOf(model);
    const state = await captureTraining(network(), placeAfter(0));
    await expect(restoreTraining(model, state)).rejects.toThrow(/the checkpoint is of another run/);
    expect(await weightsOf(model)).toEqual(before);
  });
});
