import { describe, expect, it } from 'vitest';
import type { Backend, Executable } from '../../src/backends/backend.ts';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { conv2d, dense, flatten } from '../../src/nn/layers/index.ts';
import { meanMetric } from '../../src/nn/metrics/index.ts';
import { absolute, subtract, sum } from '../../src/ops/index.ts';
import {
  type BatchInput,
  type Callback,
  type CompileOptions,
  type Model,
  sequential,
} from '../../src/train/index.ts';
import { cnn, lenet5, mlp, perceptron } from '../../src/zoo/index.ts';

const backend = referenceBackend();

function regressor(options: Partial<CompileOptions> = {}): Model {
  const model = sequential([dense({ units: 1, inputShape: [2] })], { seed: 1 });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend, ...options });
  return model;
}

function classifier(): Model {
  const model = sequential([dense({ units: 3, activation: 'softmax', inputShape: [2] })], { seed: 1 });
  model.compile({ loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'], backend });
  return model;
}

describe('zoo', () => {
  it.each([
    [perceptron, 7_850],
    [mlp, 101_770],
    [lenet5, 61_706],
    [cnn, 34_826],
  ])('%o has the known number of parameters', (make, parameters) => {
    const model = make({ seed: 0 });
    expect(model.countParams()).toBe(parameters);
    expect(model.inputShape).toEqual([28, 28, 1]);
    expect(model.outputShape).toEqual([10]);
  });
});

describe('summary', () => {
  it('is a table of layers, shapes and parameters', () => {
    expect(lenet5().summary()).toMatchInlineSnapshot(`
      "Model: "lenet5"
      ┌───────────────────────────────┬────────────────────┬─────────┐
      │ Layer (type)                  │ Output Shape       │ Param # │
      ├───────────────────────────────┼────────────────────┼─────────┤
      │ conv2d (conv2d)               │ (None, 28, 28, 6)  │     156 │
      │ maxPooling2d (maxPooling2d)   │ (None, 14, 14, 6)  │       0 │
      │ conv2d_1 (conv2d)             │ (None, 10, 10, 16) │   2,416 │
      │ maxPooling2d_1 (maxPooling2d) │ (None, 5, 5, 16)   │       0 │
      │ flatten (flatten)             │ (None, 400)        │       0 │
      │ dense (dense)                 │ (None, 120)        │  48,120 │
      │ dense_1 (dense)               │ (None, 84)         │  10,164 │
      │ dense_2 (dense)               │ (None, 10)         │     850 │
      └───────────────────────────────┴────────────────────┴─────────┘
       Total params: 61,706 (241.04 KB)
       Trainable params: 61,706 (241.04 KB)
       Non-trainable params: 0 (0.00 B)"
    `);
  });

  it('has no shapes before they are known', () => {
    const text = sequential([dense({ units: 3 })]).summary();
    expect(text).toContain('dense (dense)');
    expect(text).toContain('?');
  });
});

describe('seed', () => {
  it('decides the weights', async () => {
    const weights = async (seed?: number) => (await mlp({ seed }).getWeights()).map(({ data }) => data);
    expect(await weights(3)).toEqual(await weights(3));
    expect(await weights(3)).not.toEqual(await weights(4));
    expect(await weights()).not.toEqual(await weights());
  });

  it('given to compile() draws weights anew that nobody has touched', async () => {
    const model = mlp({ seed: 1 });
    model.compile({ loss: 'sparseCategoricalCrossentropy', seed: 2 });
    expect(await model.getWeights()).toEqual(await mlp({ seed: 2 }).getWeights());
    const set = await model.getWeights();
    model.setWeights(set);
    model.compile({ loss: 'sparseCategoricalCrossentropy', seed: 3 });
    expect(await model.getWeights()).toEqual(set);
    expect(model.seed).toBe(3);
  });
});

describe('weights', () => {
  it('are given with names and shapes, and taken back with or without', async () => {
    const model = sequential([
      conv2d({ filters: 2, kernelSize: 1, inputShape: [2, 2, 1] }),
      flatten(),
      dense({ units: 1 }),
    ]);
    const weights = await model.getWeights();
    expect(weights.map(({ name, shape }) => [name, shape])).toEqual([
      ['conv2d/kernel', [1, 1, 1, 2]],
      ['conv2d/bias', [2]],
      ['dense/kernel', [8, 1]],
      ['dense/bias', [1]],
    ]);
    model.setWeights(weights.map(({ data }) => data.map(() => 7)));
    expect((await model.getWeights()).every(({ data }) => data.every((value) => value === 7))).toBe(true);
    model.setWeights(weights);
    expect(await model.getWeights()).toEqual(weights);
  });

  it('are replaced all or none', async () => {
    const model = regressor();
    const before = await model.getWeights();
    expect(() => model.setWeights([[1, 2]])).toThrow(
      'expected 2 weights (dense/kernel, dense/bias); received 1',
    );
    expect(() =>
      model.setWeights([
        [1, 2],
        [1, 2],
      ]),
    ).toThrow('expected [1] for dense/bias; received 2 values');
    const turned = { name: 'k', shape: [1, 2], data: new Float32Array(2) };
    expect(() => model.setWeights([turned, [0]])).toThrow('expected [2,1] for dense/kernel; received [1,2]');
    expect(await model.getWeights()).toEqual(before);
  });
});

describe('building', () => {
  it('takes the shape of the samples from the data', async () => {
    const model = sequential([flatten(), dense({ units: 3 })], { seed: 1 });
    model.compile({ loss: 'meanSquaredError', backend });
    expect(model.outputShape).toBeUndefined();
    await model.trainOnBatch(
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
      [[1, 2, 3]],
    );
    expect(model.inputShape).toEqual([2, 2]);
    expect(() => model.build([3])).toThrow('expected samples of shape [2,2]; received [3]');
  });

  it('cannot take it from a flat array', async () => {
    const model = sequential([dense({ units: 3 })]);
    await expect(model.predict(new Float32Array(4))).rejects.toThrow('Give the first layer inputShape');
    await expect(sequential().predict([[1]])).rejects.toThrow('at least one layer');
  });

  it('takes layers one by one', () => {
    const model = sequential();
    model.add(flatten({ inputShape: [2, 2] }));
    model.add(dense({ units: 2 }));
    expect(model.outputShape).toEqual([2]);
    expect(model.countParams()).toBe(10);
  });
});

describe('compile', () => {
  it('says what it does not know', () => {
    const compile = (options: unknown) => () => regressor(options as CompileOptions);
    expect(compile({ loss: 'mean_squared_error' })).toThrow("Did you mean 'meanSquaredError'?");
    expect(compile({ optimizer: 'Adam' })).toThrow("Did you mean 'adam'?");
    expect(compile({ metrics: ['acc'] })).toThrow("Did you mean 'accuracy'?");
    expect(compile({ seed: -1 })).toThrow('seed');
  });

  it('refuses a loss that does not fit the output', () => {
    expect(() => regressor({ loss: 'sparseCategoricalCrossentropy' })).toThrow(
      'received output shape [1]. Give the last layer that many units, or use binaryCrossentropy',
    );
  });

  it('is needed for training, not for prediction', async () => {
    const model = sequential([dense({ units: 1, inputShape: [2] })]);
    await expect(model.fit([[1, 2]], [[1]])).rejects.toThrow('Call compile({ loss, … }) first');
    expect((await model.predict([[1, 2]])).shape).toEqual([1, 1]);
  });

  it('again forgets the optimizer, not the weights', async () => {
    const model = regressor({ optimizer: 'adam' });
    await model.trainOnBatch([[1, 2]], [[3]]);
    const weights = await model.getWeights();
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError', backend });
    expect(await model.getWeights()).toEqual(weights);
    const twin = regressor({ optimizer: 'adam' });
    twin.setWeights(weights);
    await model.trainOnBatch([[1, 2]], [[3]]);
    await twin.trainOnBatch([[1, 2]], [[3]]);
    expect(await model.getWeights()).toEqual(await twin.getWeights());
  });

  it('takes losses and metrics of the user', async () => {
    const model = regressor({
      loss: (targets, predictions) => absolute(subtract(targets, predictions)),
      metrics: [meanMetric('total', (_targets, predictions) => sum(predictions, -1))],
    });
    model.setWeights([[1, 1], [0]]);
    const data = [
      [1, 2],
      [3, 4],
    ];
    expect(await model.evaluate(data, [[5], [5]])).toEqual({ loss: 2, total: 5 });
    expect(() => model.toConfig()).toThrow('cannot be saved');
  });
});

describe('bad data', () => {
  const x = [
    [1, 2],
    [3, 4],
  ];

  it.each([
    ['another shape', [[1, 2, 3]], [0], 'expected [samples,2], received [1,3]'],
    ['a flat array that does not fit', new Float32Array(3), [0], '3 values, which is no multiple of 2'],
    ['different counts', x, [0], 'a target for each of the 2 samples, received 1 targets'],
    ['nothing', [], [], 'fit: x'],
    ['no targets', x, undefined, 'fit: y'],
    [
      'NaN',
      [
        [1, 2],
        [3, Number.NaN],
      ],
      [0, 1],
      'NaN (fit: x, sample 1, position [1])',
    ],
    ['infinity', { data: new Float64Array([1, 1e300]), shape: [1, 2] }, [0], 'infinity (fit: x, sample 0'],
    ['NaN in targets', x, [0, Number.NaN], 'NaN (fit: y, sample 1'],
    ['a label too large', x, [0, 3], '(fit: y, label 1): expected an integer in [0, 3), received 3'],
    ['a negative label', x, [-1, 0], 'label 0): expected an integer in [0, 3), received -1'],
    ['half a label', x, [0, 0.5], 'received 0.5'],
    [
      'one-hot targets',
      x,
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
      'for one-hot targets use categoricalCrossentropy',
    ],
    ['ragged arrays', [[1, 2], [3]], [0, 1], 'ragged'],
    ['text', [['a', 'b']], [0], 'received string'],
    ['a wrong shape', { data: [1, 2, 3], shape: [2, 2] }, [0, 1], '4 values for shape [2,2]'],
  ])('%s', async (_name, samples, targets, message) => {
    const model = classifier();
    const before = await model.getWeights();
    await expect(model.fit(samples as number[][], targets as number[])).rejects.toThrow(message);
    expect(await model.getWeights()).toEqual(before);
  });

  it('a batch size, a number of epochs or a split that is none', async () => {
    const model = classifier();
    const y = [0, 1];
    await expect(model.fit(x, y, { batchSize: 0 })).rejects.toThrow('fit: batchSize');
    await expect(model.fit(x, y, { epochs: 1.5 })).rejects.toThrow('fit: epochs');
    await expect(model.fit(x, y, { validationSplit: 1.5 })).rejects.toThrow('validationSplit');
    await expect(model.predict(x, { batchSize: -1 })).rejects.toThrow('predict: batchSize');
    await expect(model.fit(new Set<BatchInput>(), { validationSplit: 0.5 })).rejects.toThrow('needs arrays');
    await expect(model.fit(new Set<BatchInput>())).rejects.toThrow('at least one batch');
  });

  it('two runs at once', async () => {
    const model = classifier();
    const first = model.fit(x, [0, 1], { epochs: 3 });
    await expect(model.fit(x, [0, 1])).rejects.toThrow('one fit() at a time');
    await first;
  });
});

describe('programs', () => {
  /** The reference backend, with a count of the programs that are loaded. */
  function counting() {
    const counts = { made: 0, alive: 0 };
    const counted: Backend = {
      ...backend,
      async load(program) {
        const executable: Executable = await backend.load(program);
        counts.made++;
        counts.alive++;
        return {
          program: executable.program,
          write: (input, values) => executable.write(input, values),
          run: () => executable.run(),
          read: (output) => executable.read(output),
          dispose() {
            counts.alive--;
            executable.dispose();
          },
        };
      },
    };
    return { counts, counted };
  }

  it('are made once for each kind and batch size', async () => {
    const { counts, counted } = counting();
    const model = regressor({ backend: counted });
    const x = new Float32Array(14);
    const y = new Float32Array(7);
    await model.fit(x, y, { epochs: 3, batchSize: 3 });
    expect(counts.made).toBe(2);
    await model.evaluate(x, y, { batchSize: 3 });
    await model.predict(x, { batchSize: 7 });
    await model.predict(x, { batchSize: 7 });
    expect(counts.made).toBe(5);
    expect(model.compileMs).toBeGreaterThan(0);
  });

  it('are kept up to a limit, the longest unused going first, and given back', async () => {
    const { counts, counted } = counting();
    const model = regressor({ backend: counted });
    for (let count = 1; count <= 30; count++) await model.predict(new Float32Array(2 * count));
    expect(counts.alive).toBeLessThanOrEqual(12);
    const { made } = counts;
    await model.predict(new Float32Array(60));
    expect(counts.made).toBe(made);
    await model.dispose();
    expect(counts.alive).toBe(0);
    expect((await model.predict(new Float32Array(4))).shape).toEqual([2, 1]);
  });

  it('can be made beforehand', async () => {
    const { counts, counted } = counting();
    const model = regressor({ backend: counted });
    await model.prepare({ batchSize: 2 });
    await model.trainOnBatch(
      [
        [1, 2],
        [3, 4],
      ],
      [[1], [2]],
    );
    expect(counts.made).toBe(1);
  });

  it('are all made before the first step of a run, those of the validation too', async () => {
    const { counts, counted } = counting();
    const model = regressor({ backend: counted });
    const made: number[] = [];
    const note: Callback = { onBatchEnd: () => void made.push(counts.made) };
    const samples = (count: number): [Float32Array, Float32Array] => [
      new Float32Array(2 * count),
      new Float32Array(count),
    ];
    await model.fit(...samples(7), { batchSize: 3, validationData: samples(5), callbacks: [note] });
    expect(made).toEqual([4, 4, 4]);
    expect(counts.made).toBe(4);
    await model.fit(...samples(8), { batchSize: 3, stepsPerEpoch: 2, validationData: samples(2) });
    // The last batch of two samples is never reached; two samples to evaluate were known.
    expect(counts.made).toBe(4);
    await model.prepare({ batchSize: 4, validation: true });
    expect(counts.made).toBe(6);
  });

  it('of an earlier compile() are given back', async () => {
    const { counts, counted } = counting();
    const model = regressor({ backend: counted });
    await model.trainOnBatch([[1, 2]], [[1]]);
    model.compile({ loss: 'meanSquaredError', backend: counted });
    await model.trainOnBatch([[1, 2]], [[1]]);
    expect(counts).toEqual({ made: 2, alive: 1 });
  });
});
