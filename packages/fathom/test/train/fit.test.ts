import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { dense, dropout } from '../../src/nn/layers/index.ts';
import { adam, sgd } from '../../src/nn/optimizers/index.ts';
import { type Model, sequential } from '../../src/train/index.ts';
import { backends } from '../support/backends.ts';
import { clouds } from './data.ts';

const { x, y, oneHot } = clouds(90);

function classifier(backend: Backend, { seed = 1, rate = 0 } = {}): Model {
  const model = sequential(
    [
      dense({ units: 8, activation: 'tanh', inputShape: [2] }),
      dropout({ rate }),
      dense({ units: 3, activation: 'softmax' }),
    ],
    { seed },
  );
  model.compile({
    optimizer: adam({ learningRate: 0.05 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
    backend,
  });
  return model;
}

describe.each(backends)('training on $name', ({ make, threads }) => {
  const backend = () => make(threads[0]!);

  it('learns', async () => {
    const model = classifier(await backend());
    const { history, epoch, stopped } = await model.fit(x, y, { epochs: 15, batchSize: 16 });
    expect(epoch).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(stopped).toBe(false);
    expect(Object.keys(history)).toEqual(['loss', 'accuracy']);
    expect(history.loss!.at(-1)).toBeLessThan(0.1);
    expect(history.loss!.at(-1)).toBeLessThan(history.loss![0]! / 5);
    expect((await model.evaluate(x, y)).accuracy).toBeGreaterThan(0.98);
  });

  it('gives the same bits for the same seed, dropout included, and others for another', async () => {
    const run = async (seed: number) => {
      const model = classifier(await backend(), { seed, rate: 0.3 });
      const { history } = await model.fit(x, y, { epochs: 3, batchSize: 16 });
      return { history, weights: (await model.getWeights()).map(({ data }) => data) };
    };
    const [first, second, other] = [await run(7), await run(7), await run(8)];
    expect(second).toEqual(first);
    expect(other.weights).not.toEqual(first.weights);
  });

  it('counts every sample once, also in a last batch that is not full', async () => {
    const model = classifier(await backend());
    const whole = await model.evaluate(x, y, { batchSize: 90 });
    for (const batchSize of [1, 32, 89]) {
      const parts = await model.evaluate(x, y, { batchSize });
      expect(parts.loss).toBeCloseTo(whole.loss!, 5);
      expect(parts.accuracy).toBeCloseTo(whole.accuracy!, 12);
    }
  });

  it('predicts the same whatever the batch size', async () => {
    const model = classifier(await backend());
    const { data, shape } = await model.predict(x, { batchSize: 90 });
    expect(shape).toEqual([90, 3]);
    for (let i = 0; i < 90; i++) {
      expect(data[3 * i]! + data[3 * i + 1]! + data[3 * i + 2]!).toBeCloseTo(1, 5);
    }
    const parts = await model.predict(x, { batchSize: 40 });
    parts.data.forEach((value, i) => {
      expect(value).toBeCloseTo(data[i]!, 6);
    });
  });

  it('makes the same steps with one-hot targets', async () => {
    const [sparse, categorical] = [classifier(await backend()), classifier(await backend())];
    categorical.compile({
      optimizer: adam({ learningRate: 0.05 }),
      loss: 'categoricalCrossentropy',
      metrics: ['accuracy'],
      backend: await backend(),
    });
    const a = await sparse.fit(x, y, { epochs: 2 });
    const b = await categorical.fit(x, oneHot, { epochs: 2 });
    b.history.loss!.forEach((value, i) => {
      expect(value).toBeCloseTo(a.history.loss![i]!, 5);
    });
    expect(b.history.accuracy).toEqual(a.history.accuracy);
  });

  it('solves XOR with one hidden layer, binary crossentropy and sigmoid', async () => {
    const model = sequential(
      [dense({ units: 8, activation: 'tanh', inputShape: [2] }), dense({ units: 1, activation: 'sigmoid' })],
      { seed: 3 },
    );
    model.compile({
      optimizer: adam({ learningRate: 0.05 }),
      loss: 'binaryCrossentropy',
      metrics: ['accuracy'],
      backend: await backend(),
    });
    const corners = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ];
    await model.fit(corners, [0, 1, 1, 0], { epochs: 150 });
    const { data } = await model.predict(corners);
    expect(Array.from(data, (p) => (p > 0.5 ? 1 : 0))).toEqual([0, 1, 1, 0]);
  });

  it('takes bytes as the numbers they are', async () => {
    const model = sequential([dense({ units: 1, useBias: false, inputShape: [2] })]);
    model.compile({ loss: 'meanSquaredError', backend: await backend() });
    model.setWeights([[1, 100]]);
    expect(Array.from((await model.predict(new Uint8Array([255, 2]))).data)).toEqual([455]);
  });

  it('lets callers start steps before others have ended', async () => {
    const model = classifier(await backend());
    const rows = [0, 1, 2, 3].map((i) => x.slice(2 * i, 2 * i + 2));
    const together = await Promise.all(rows.map((row) => model.predict(row)));
    for (const [i, row] of rows.entries()) expect(together[i]).toEqual(await model.predict(row));
  });
});

describe('backends and threads', () => {
  const run = async (backend: Backend) => {
    const model = classifier(backend, { seed: 7, rate: 0.4 });
    const { history } = await model.fit(x, y, { epochs: 2, batchSize: 16, validationSplit: 0.2 });
    return { history, weights: (await model.getWeights()).map(({ data }) => data) };
  };

  it('draw the same weights, orders and dropout masks, and so follow the same path', async () => {
    const [expected, ...others] = await Promise.all(
      backends.map(async ({ make, threads }) => run(await make(threads[0]!))),
    );
    for (const { history } of others) {
      for (const name of ['loss', 'valLoss']) {
        history[name]!.forEach((value, epoch) => {
          expect(value).toBeCloseTo(expected!.history[name]![epoch]!, 4);
        });
      }
    }
    expect(others.length).toBeGreaterThan(0);
  });

  it('give the same bits for any number of threads', async () => {
    for (const { make, threads } of backends) {
      const [first, ...others] = await Promise.all(threads.map(async (count) => run(await make(count))));
      for (const other of others) expect(other).toEqual(first);
    }
  });
});

describe('fit', () => {
  const reference = backends[0]!.make(1);

  it('shuffles anew in each epoch, and not at all when told so', async () => {
    const orders = async (shuffle: boolean) => {
      const seen: number[][] = [];
      // The loss of a batch of one is its target: the batches tell the order.
      const model = sequential([dense({ units: 1, kernelInitializer: 'zeros', inputShape: [1] })], {
        seed: 5,
      });
      model.compile({
        optimizer: sgd({ learningRate: 0 }),
        loss: 'meanSquaredError',
        backend: await reference,
      });
      let order: number[] = [];
      let total = 0;
      await model.fit(new Float32Array(6), [1, 2, 3, 4, 5, 6], {
        batchSize: 1,
        epochs: 2,
        shuffle,
        callbacks: [
          {
            onEpochBegin() {
              order = [];
              total = 0;
              seen.push(order);
            },
            onBatchEnd(batch, logs) {
              const sum = logs.loss! * (batch + 1);
              order.push(Math.round(Math.sqrt(sum - total)));
              total = sum;
            },
          },
        ],
      });
      return seen;
    };
    expect(await orders(false)).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ]);
    const [first, second] = (await orders(true)) as [number[], number[]];
    expect([...first].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...second].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(second).not.toEqual(first);
  });

  it('validates on the last samples, which never train', async () => {
    const model = classifier(await reference);
    const { history } = await model.fit(x, y, { epochs: 2, validationSplit: 0.2 });
    expect(Object.keys(history)).toEqual(['loss', 'accuracy', 'valLoss', 'valAccuracy']);
    const last = { x: x.slice(2 * 72), y: y.slice(72) };
    const { loss, accuracy } = await model.evaluate(last.x, last.y);
    expect(history.valLoss![1]).toBe(loss);
    expect(history.valAccuracy![1]).toBe(accuracy);
    const apart = classifier(await reference);
    const again = await apart.fit(x.slice(0, 2 * 72), y.slice(0, 72), {
      epochs: 2,
      validationData: [last.x, last.y],
    });
    expect(again.history).toEqual(history);
  });

  it('takes batches from iterables, synchronous or not', async () => {
    const parts = [0, 30, 60].map((i) => [x.slice(2 * i, 2 * i + 60), y.slice(i, i + 30)] as const);
    const fromArrays = await classifier(await reference).fit(x, y, {
      epochs: 2,
      batchSize: 30,
      shuffle: false,
    });
    const fromList = await classifier(await reference).fit(new Set(parts), { epochs: 2 });
    expect(fromList.history).toEqual(fromArrays.history);
    const stream = {
      async *[Symbol.asyncIterator]() {
        yield* parts;
      },
    };
    const model = classifier(await reference);
    const fromStream = await model.fit(stream, { epochs: 2, validationData: stream });
    expect(fromStream.history.loss).toEqual(fromArrays.history.loss);
    expect(fromStream.history.valLoss![1]).toBeCloseTo((await model.evaluate(stream)).loss!, 12);
    const short = await classifier(await reference).fit(stream, { epochs: 1, stepsPerEpoch: 1 });
    expect(short.history.loss).toEqual([
      (await classifier(await reference).fit(parts[0]![0], parts[0]![1], { batchSize: 30, shuffle: false }))
        .history.loss![0],
    ]);
  });

  it('says that a mere iterator is used up after an epoch', async () => {
    const once = (function* () {
      yield [x, y] as const;
    })();
    await expect(classifier(await reference).fit(once, { epochs: 2 })).rejects.toThrow(
      'at least one batch in epoch 1; received none',
    );
  });

  it('goes on from an epoch as if it had not stopped', async () => {
    const straight = classifier(await reference, { rate: 0.2 });
    await straight.fit(x, y, { epochs: 4 });
    const halved = classifier(await reference, { rate: 0.2 });
    await halved.fit(x, y, { epochs: 2 });
    const { epoch } = await halved.fit(x, y, { epochs: 4, initialEpoch: 2 });
    expect(epoch).toEqual([2, 3]);
    expect(await halved.getWeights()).toEqual(await straight.getWeights());
  });

  it('does nothing for zero epochs', async () => {
    const model = classifier(await reference);
    const before = await model.getWeights();
    expect(await model.fit(x, y, { epochs: 0 })).toEqual({ epoch: [], history: {}, stopped: false });
    expect(await model.getWeights()).toEqual(before);
  });
});
