import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { batchNormalization, dense, dropout, gru } from '../../src/nn/layers/index.ts';
import { adam } from '../../src/nn/optimizers/index.ts';
import {
  type BatchesInput,
  type Callback,
  type Checkpoint,
  type CheckpointStore,
  decodeCheckpoint,
  earlyStopping,
  encodeCheckpoint,
  type FitOptions,
  type History,
  history,
  learningRateScheduler,
  type Model,
  reduceLrOnPlateau,
  sequential,
} from '../../src/train/index.ts';
import { seeded } from '../support/random.ts';
import { clouds } from './data.ts';

const backend = referenceBackend();
const SAMPLES = 22;
const BATCH = 5;
const STEPS = Math.ceil(SAMPLES / BATCH);
const EPOCHS = 4;
const data = clouds(SAMPLES);

/** A network with all that a step depends on: slots, running statistics, random masks. */
function network(options: { readonly seed?: number } = { seed: 3 }): Model {
  const model = sequential(
    [
      dense({ units: 6, activation: 'relu', inputShape: [2] }),
      batchNormalization(),
      dropout({ rate: 0.3 }),
      dense({ units: 3, activation: 'softmax' }),
    ],
    options,
  );
  model.compile({
    optimizer: adam({ learningRate: 0.05 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
    backend,
  });
  return model;
}

/** Callbacks that change the run by what they have seen, also by the figures of the epoch under way. */
const deciding = (): Callback[] => [
  reduceLrOnPlateau({ monitor: 'loss', patience: 1, minDelta: 0.2, factor: 0.5 }),
  learningRateScheduler((_epoch, rate) => rate * 0.9),
  earlyStopping({ monitor: 'valLoss', patience: 3, restoreBestWeights: true }),
];

function options(callbacks: readonly Callback[]): FitOptions {
  return {
    epochs: EPOCHS,
    batchSize: BATCH,
    validationData: [data.x, data.y],
    callbacks: [...deciding(), ...callbacks],
  };
}

const fit = (model: Model, callbacks: readonly Callback[] = [], more: FitOptions = {}): Promise<History> =>
  model.fit(data.x, data.y, { ...options(callbacks), ...more });

async function weightsOf(model: Model): Promise<Float32Array[]> {
  return (await model.getWeights()).map((weight) => weight.data);
}

/** Keeps every checkpoint as bytes, as a file would. */
function recorder(saveFreq: CheckpointStore['saveFreq']): Callback & { readonly saved: Uint8Array[] } {
  const saved: Uint8Array[] = [];
  return {
    saved,
    store: {
      saveFreq,
      load: async () => undefined,
      save: async (checkpoint) => void saved.push(encodeCheckpoint(checkpoint)),
    },
  };
}

describe('a run that goes on from a checkpoint', () => {
  it('comes to the same weights, figures and rate from after any step', async () => {
    const whole = network();
    const keeper = recorder(1);
    const expected = await fit(whole, [keeper]);
    expect(keeper.saved.length).toBe(STEPS * expected.epoch.length);
    const weights = await weightsOf(whole);
    for (const bytes of keeper.saved) {
      const resume = decodeCheckpoint(bytes);
      const model = network();
      const result = await fit(model, [], { resume });
      expect(result, `epoch ${resume.epoch}, batch ${resume.batch}`).toEqual(expected);
      expect(await weightsOf(model)).toEqual(weights);
      expect(model.optimizer!.learningRate).toBe(whole.optimizer!.learningRate);
    }
  });

  it('is the run without checkpoints', async () => {
    const plain = network();
    const kept = network();
    expect(await fit(plain)).toEqual(await fit(kept, [recorder(2)]));
    expect(await weightsOf(kept)).toEqual(await weightsOf(plain));
  });

  it('goes on from the end of an epoch', async () => {
    const whole = network();
    const keeper = recorder('epoch');
    const expected = await fit(whole, [keeper]);
    expect(keeper.saved).toHaveLength(expected.epoch.length);
    expect(keeper.saved.map((bytes) => decodeCheckpoint(bytes).epoch)).toEqual([1, 2, 3, 4]);
    const model = network();
    expect(await fit(model, [], { resume: decodeCheckpoint(keeper.saved[1]!) })).toEqual(expected);
    expect(await weightsOf(model)).toEqual(await weightsOf(whole));
  });

  it('takes its seed from the checkpoint, whatever seed the new model drew', async () => {
    const whole = network({});
    const keeper = recorder(7);
    await fit(whole, [keeper]);
    const model = network({});
    expect(model.seed).not.toBe(whole.seed);
    await fit(model, [], { resume: decodeCheckpoint(keeper.saved[0]!) });
    expect(model.seed).toBe(whole.seed);
    expect(await weightsOf(model)).toEqual(await weightsOf(whole));
  });

  it('leaves out the batches of an iterable that were done, and knows its end only when it comes', async () => {
    const batches: BatchesInput = {
      *[Symbol.iterator]() {
        for (let start = 0; start < SAMPLES; start += BATCH) {
          yield [data.x.subarray(2 * start, 2 * (start + BATCH)), data.y.subarray(start, start + BATCH)];
        }
      },
    };
    const run = (model: Model, callbacks: Callback[], more: FitOptions = {}) =>
      model.fit(batches, { ...options(callbacks), ...more });
    const whole = network();
    const keeper = recorder(1);
    const expected = await run(whole, [keeper]);
    for (const bytes of keeper.saved.slice(STEPS, 2 * STEPS)) {
      const model = network();
      expect(await run(model, [], { resume: decodeCheckpoint(bytes) })).toEqual(expected);
      expect(await weightsOf(model)).toEqual(await weightsOf(whole));
    }
  });

  it('gives recurrent layers back the state that they keep from batch to batch', async () => {
    const recurrent = () => {
      const model = sequential(
        [gru({ units: 4, stateful: true, batchSize: 4, inputShape: [3, 2] }), dense({ units: 1 })],
        { seed: 6 },
      );
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError', backend });
      return model;
    };
    const random = seeded(8);
    const x = Float32Array.from({ length: 16 * 6 }, () => random() - 0.5);
    const y = Float32Array.from({ length: 16 }, () => random());
    const run = (model: Model, more: FitOptions) =>
      model.fit({ data: x, shape: [16, 3, 2] }, y, {
        epochs: 2,
        batchSize: 4,
        validationData: [x, y],
        ...more,
      });
    const whole = recurrent();
    const keeper = recorder(1);
    const expected = await run(whole, { callbacks: [keeper] });
    for (const bytes of keeper.saved) {
      const model = recurrent();
      const resume = decodeCheckpoint(bytes);
      expect(resume.states.map(({ shape }) => shape)).toEqual([[4, 4]]);
      expect(await run(model, { resume })).toEqual(expected);
      expect(await weightsOf(model)).toEqual(await weightsOf(whole));
    }
  });

  it('goes on with stepsPerEpoch', async () => {
    const whole = network();
    const keeper = recorder(1);
    const expected = await fit(whole, [keeper], { stepsPerEpoch: 2 });
    const model = network();
    const resume = decodeCheckpoint(keeper.saved[4]!);
    expect([resume.epoch, resume.batch]).toEqual([2, 1]);
    expect(await fit(model, [], { resume, stepsPerEpoch: 2 })).toEqual(expected);
    expect(await weightsOf(model)).toEqual(await weightsOf(whole));
  });

  it('remembers that a callback has ended it', async () => {
    const stop = (): Callback[] => [
      earlyStopping({ monitor: 'valLoss', minDelta: 10, restoreBestWeights: true }),
      ...deciding(),
    ];
    const keeper = recorder('epoch');
    const whole = network();
    const expected = await fit(whole, [], { callbacks: [...stop(), keeper] });
    expect(expected).toMatchObject({ epoch: [0, 1], stopped: true });
    const model = network();
    const resume = decodeCheckpoint(keeper.saved.at(-1)!);
    expect(await fit(model, [], { callbacks: stop(), resume })).toEqual(expected);
    expect(await weightsOf(model)).toEqual(await weightsOf(whole));
  });

  it('gives the history callback back what it had', async () => {
    const keeper = recorder('epoch');
    const seen = history();
    const expected = await fit(network(), [seen, keeper]);
    const again = history();
    await fit(network(), [again], { resume: decodeCheckpoint(keeper.saved[1]!) });
    expect(again.epoch).toEqual(seen.epoch);
    expect(again.history).toEqual(expected.history);
  });
});

describe('a store', () => {
  /** Keeps the newest checkpoint, and counts what it is asked for. */
  function memory(): Callback & { newest: Checkpoint | undefined; finished: number } {
    const callback: Callback & { newest: Checkpoint | undefined; finished: number } = {
      newest: undefined,
      finished: 0,
      store: {
        saveFreq: 'epoch',
        load: async () => callback.newest,
        async save(checkpoint) {
          callback.newest = checkpoint;
        },
        async finish() {
          callback.finished++;
        },
      },
    };
    return callback;
  }

  it('is saved to when a signal ends the run, and gone on from by the next one', async () => {
    const whole = network();
    const expected = await fit(whole);
    const kept = memory();
    for (const last of [3, 4, 11]) {
      const controller = new AbortController();
      const model = network();
      const onBatchEnd = () => {
        if (steps++ === last) controller.abort();
      };
      let steps = kept.newest?.optimizer.steps ?? 0;
      const { stopped } = await fit(model, [kept, { onBatchEnd }], { signal: controller.signal });
      expect(stopped).toBe(true);
      expect(kept.newest!.optimizer.steps).toBe(last + 1);
    }
    expect(kept.finished).toBe(0);
    const model = network();
    expect(await fit(model, [kept])).toEqual(expected);
    expect(await weightsOf(model)).toEqual(await weightsOf(whole));
    expect(kept.finished).toBe(1);
  });

  it('holds a run up until it has saved', async () => {
    const order: string[] = [];
    const slow: Callback = {
      onEpochEnd: () => void order.push('end'),
      store: {
        saveFreq: 'epoch',
        load: async () => undefined,
        async save({ epoch }) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          order.push(`saved ${epoch}`);
        },
      },
    };
    await fit(network(), [slow, { onEpochBegin: (epoch) => void order.push(`begin ${epoch}`) }], {
      epochs: 2,
    });
    expect(order).toEqual(['begin 0', 'end', 'saved 1', 'begin 1', 'end', 'saved 2']);
  });
});

describe('a checkpoint of another run', () => {
  async function checkpoint(): Promise<Checkpoint> {
    const keeper = recorder('epoch');
    await fit(network(), [keeper], { epochs: 1 });
    return decodeCheckpoint(keeper.saved[0]!);
  }

  it('is refused, saying what differs, and the model stays as it is', async () => {
    const resume = await checkpoint();
    const model = network();
    const before = await weightsOf(model);
    await expect(fit(model, [], { resume, batchSize: 4 })).rejects.toThrow(
      'the checkpoint is of another run (fit: resume): expected batchSize 5, received 4',
    );
    await expect(
      model.fit(data.x.subarray(2), data.y.subarray(1), { resume, batchSize: BATCH }),
    ).rejects.toThrow('expected samples 22, received 21');
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', backend });
    await expect(fit(model, [], { resume })).rejects.toThrow(/expected optimizer slot adam\/.*no further/);
    expect(await weightsOf(model)).toEqual(before);
    const other = sequential([dense({ units: 3, activation: 'softmax', inputShape: [2] })]);
    other.compile({ loss: 'sparseCategoricalCrossentropy', backend });
    await expect(fit(other, [], { resume })).rejects.toThrow(
      'expected weight dense/kernel [2,6], received weight dense/kernel [2,3]',
    );
  });
});

describe('the bytes of a checkpoint', () => {
  const checkpoint: Checkpoint = {
    seed: 2 ** 32 - 1,
    epoch: 2,
    batch: 1,
    stopped: false,
    data: { batchSize: 4, samples: null, steps: null },
    weights: [{ name: 'dense/kernel', shape: [2, 1], data: new Float32Array([Number.NaN, -0]) }],
    states: [{ name: 'gru/state0', shape: [1], data: new Float32Array([0.5]) }],
    optimizer: {
      steps: 12,
      learningRate: 0.1,
      slots: [
        { name: 'adam/momentum/dense/kernel', shape: [2, 1], data: new Float32Array([1e-40, -Infinity]) },
      ],
    },
    epochs: [0, 1],
    history: { loss: [0.1 + 0.2, Number.NaN], gap: [-0, Infinity] },
    figures: [
      { figures: { loss: 1 / 3, parts: [[new Float32Array([1.5, 2])], []] }, count: 4 },
      {
        figures: { loss: Number.NaN, parts: [[new Float64Array([1 / 3])], [new Int32Array([-7])]] },
        count: 2,
      },
    ],
    callbacks: [
      { name: 'a', state: { values: { best: -Infinity, list: [1, null, 'x'] }, weights: [] } },
      { name: 'a', state: { values: {}, weights: [{ name: 'w', shape: [1], data: new Float32Array([3]) }] } },
    ],
  };

  it('give it back, bit for bit', () => {
    expect(decodeCheckpoint(encodeCheckpoint(checkpoint))).toEqual(checkpoint);
  });

  it('are refused when they are cut or something else', () => {
    const bytes = encodeCheckpoint(checkpoint);
    for (const length of [0, 7, 100, bytes.length - 1]) {
      expect(() => decodeCheckpoint(bytes.subarray(0, length), 'file')).toThrow(/file.*(expected|claims)/);
    }
    const other = new TextDecoder('latin1').decode(bytes).replace('fathom-checkpoint', 'fathom-kitchensink');
    expect(() => decodeCheckpoint(Uint8Array.from(other, (c) => c.charCodeAt(0)))).toThrow();
  });
});
