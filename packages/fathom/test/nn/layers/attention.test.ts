import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../../src/backends/reference/reference.ts';
import type { Tensor, Variable } from '../../../src/ir/tensor.ts';
import { type BaseLayer, callLayer, type LayerConfig } from '../../../src/nn/layer.ts';
import { layerFromConfig } from '../../../src/nn/layerFromConfig.ts';
import * as layers from '../../../src/nn/layers/index.ts';
import { adam } from '../../../src/nn/optimizers/index.ts';
import { Trace } from '../../../src/nn/trace.ts';
import { constant, input } from '../../../src/ops/index.ts';
import { model, modelFromConfig, sequential } from '../../../src/train/index.ts';
import { expectGradients } from '../../support/differences.ts';
import { seeded } from '../../support/random.ts';
import { valuesOf } from '../../support/values.ts';

const exact = referenceBackend({ precision: 64 });

/** A trace that reads variables from nodes that a test feeds. */
class FedTrace extends Trace {
  readonly fed = new Map<Variable, Tensor>();

  override read(variable: Variable): Tensor {
    const node = this.fed.get(variable) ?? input(variable.name, variable.shape);
    this.fed.set(variable, node);
    return node;
  }
}

const layerCases: readonly (readonly [BaseLayer, readonly (readonly number[])[], readonly number[]])[] = [
  [layers.layerNormalization({ axis: [1, 2], epsilon: 1e-2 }), [[3, 4]], [3, 4]],
  [layers.layerNormalization({ center: false }), [[5]], [5]],
  [layers.rmsNormalization({ epsilon: 1e-2 }), [[3, 4]], [3, 4]],
  [layers.groupNormalization({ groups: 2, epsilon: 1e-2 }), [[2, 3, 4]], [2, 3, 4]],
  [layers.groupNormalization({ groups: -1, scale: false, epsilon: 1e-2 }), [[3, 2]], [3, 2]],
  [layers.prelu({ sharedAxes: [1] }), [[3, 4]], [3, 4]],
  [layers.elu({ alpha: 0.5 }), [[6]], [6]],
  [layers.relu({ maxValue: 0.6, negativeSlope: 0.1, threshold: 0.25 }), [[6]], [6]],
  [layers.softmax({ axis: 1 }), [[3, 2]], [3, 2]],
  [layers.rescaling({ scale: 2, offset: -1 }), [[6]], [6]],
  [layers.upSampling1d({ size: 3 }), [[2, 3]], [6, 3]],
  [layers.upSampling2d({ size: [2, 3] }), [[2, 2, 2]], [4, 6, 2]],
  [layers.upSampling2d({ size: 3, interpolation: 'bilinear' }), [[2, 3, 1]], [6, 9, 1]],
  [layers.resizing({ height: 3, width: 2 }), [[4, 3, 2]], [3, 2, 2]],
  [layers.resizing({ height: 3, width: 5, interpolation: 'nearest' }), [[4, 3, 2]], [3, 5, 2]],
  [layers.normalization({ axis: null, mean: 0.5, variance: 4 }), [[4]], [4]],
  [layers.normalization({ mean: [0, 1], variance: [1, 4], invert: true }), [[3, 2]], [3, 2]],
  [
    layers.multiHeadAttention({ numHeads: 2, keyDim: 3 }),
    [
      [3, 4],
      [5, 4],
    ],
    [3, 4],
  ],
  [
    layers.multiHeadAttention({
      numHeads: 1,
      keyDim: 2,
      valueDim: 3,
      useCausalMask: true,
      useBias: false,
      outputDim: 5,
    }),
    [
      [3, 4],
      [3, 4],
      [3, 2],
    ],
    [3, 5],
  ],
];

describe.each(layerCases.map((each) => [each[0].type, ...each] as const))(
  '%s',
  (_, layer, shapes, result) => {
    it('has the shape that it says, and the gradients that differences give', async () => {
      expect(layer.buildFor(shapes)).toEqual([result]);
      const random = seeded(7);
      const trace = new FedTrace({ training: true });
      const xs = shapes.map((shape, i) => input(`x${i}`, [2, ...shape]));
      const [y] = callLayer(layer, xs, trace);
      expect(y!.shape).toEqual([2, ...result]);
      const inputs = [...xs, ...trace.fed.values()];
      // Weights near 1, so that variances and slopes below 0 are not close to a kink.
      const values = inputs.map((node, i) =>
        Float64Array.from({ length: node.size }, () => (i < xs.length ? 2 * random() - 1 : 0.5 + random())),
      );
      await expectGradients(y!, inputs, values, random);
    });

    it('is made again from its configuration, all options kept', () => {
      const config = JSON.parse(JSON.stringify(layer.config())) as LayerConfig;
      const again = layerFromConfig(config);
      expect(again.config()).toEqual(layer.config());
      expect(again.buildFor(shapes)).toEqual([result]);
    });
  },
);

describe('embedding', () => {
  const words = [
    [1, 2, 0],
    [2, 2, 1],
  ];

  it('gives the vectors of the words, and learns those that occur', async () => {
    const layer = layers.embedding({ inputDim: 4, outputDim: 2, inputShape: [3] });
    const network = sequential([layer], { seed: 0 });
    network.compile({
      optimizer: { name: 'sgd', learningRate: 1 } as never,
      loss: 'meanSquaredError',
      backend: exact,
    });
    network.setWeights([[0, 0, 1, 1, 2, 2, 3, 3]]);
    expect(Array.from((await network.predict(words)).data)).toEqual([1, 1, 2, 2, 0, 0, 2, 2, 2, 2, 1, 1]);
    const zeros = words.map((row) => row.map(() => [0, 0]));
    await network.trainOnBatch(words, zeros);
    const [table] = await network.getWeights();
    // The loss is the mean over 12 values, so each use of a row moves it by 2·row/12.
    const expected = [0, 0, 1 - 4 / 12, 1 - 4 / 12, 2 - 12 / 12, 2 - 12 / 12, 3, 3];
    expected.forEach((value, i) => {
      expect(table!.data[i]).toBeCloseTo(value, 6);
    });
  });

  it('takes int32 and masks padding', async () => {
    const layer = layers.embedding({ inputDim: 4, outputDim: 2, maskZero: true });
    layer.buildFor([[3]]);
    const trace = new Trace({ training: false });
    const [y] = callLayer(layer, [constant(words.flat(), [2, 3], 'int32')], trace);
    expect(await valuesOf(trace.maskOf(y!)!)).toEqual([1, 1, 0, 1, 1, 1]);
  });

  it('gives NaN for a word that it does not have', async () => {
    const network = sequential([layers.embedding({ inputDim: 2, outputDim: 1, inputShape: [3] })], {
      seed: 0,
    });
    network.compile({ loss: 'meanSquaredError', backend: exact });
    network.setWeights([[5, 6]]);
    expect(Array.from((await network.predict([[0, 2, -1]])).data)).toEqual([5, Number.NaN, Number.NaN]);
  });

  it('keeps its options', () => {
    const layer = layers.embedding({
      inputDim: 7,
      outputDim: 3,
      maskZero: true,
      embeddingsInitializer: 'glorotNormal',
      embeddingsRegularizer: { name: 'l2', l2: 0.1 },
      embeddingsConstraint: 'nonNeg',
    });
    const again = layerFromConfig(JSON.parse(JSON.stringify(layer.config())) as LayerConfig);
    expect(again.config()).toEqual(layer.config());
    again.buildFor([[2]]);
    expect(
      again.weights.map(({ name, variable, regularizer, constraint }) => [
        name,
        variable.shape,
        regularizer?.name,
        constraint?.name,
      ]),
    ).toEqual([['embeddings', [7, 3], 'l2', 'nonNeg']]);
  });
});

describe('multiHeadAttention', () => {
  const made = () => layers.multiHeadAttention({ numHeads: 2, keyDim: 3, valueDim: 4 });

  it("has Keras' weights", () => {
    const layer = made();
    layer.buildFor([
      [5, 6],
      [7, 8],
      [7, 9],
    ]);
    expect(layer.weights.map(({ name, variable }) => [name, variable.shape])).toEqual([
      ['query/kernel', [6, 2, 3]],
      ['query/bias', [2, 3]],
      ['key/kernel', [9, 2, 3]],
      ['key/bias', [2, 3]],
      ['value/kernel', [8, 2, 4]],
      ['value/bias', [2, 4]],
      ['attentionOutput/kernel', [2, 4, 6]],
      ['attentionOutput/bias', [6]],
    ]);
  });

  it('does not look at masked steps, and hands the mask of its query on', async () => {
    const layer = layers.multiHeadAttention({ numHeads: 1, keyDim: 2 });
    const random = seeded(3);
    const draw = (shape: readonly number[]) =>
      constant(
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random() - 0.5),
        shape,
      );
    layer.buildFor([[3, 2]].concat([[4, 2]]));
    for (const { variable } of layer.weights) variable.write(await valuesOf(draw([...variable.shape, 1])));
    const query = draw([1, 3, 2]);
    const value = await valuesOf(draw([1, 4, 2]));
    const results = [0, 100].map((last) => {
      const x = constant([...value.slice(0, 6), last, -last], [1, 4, 2]);
      const trace = new Trace({ training: false });
      trace.setMask(x, constant([1, 1, 1, 0], [1, 4], 'bool'));
      trace.setMask(query, constant([1, 1, 0], [1, 3], 'bool'));
      const [y] = callLayer(layer, [query, x], trace);
      return { y: y!, mask: trace.maskOf(y!)! };
    });
    const [a, b] = await Promise.all(results.map(({ y }) => valuesOf(y)));
    // The last query is masked itself: it looks at all alike, as in Keras.
    expect(a!.slice(0, 4)).toEqual(b!.slice(0, 4));
    expect(await valuesOf(results[0]!.mask)).toEqual([1, 1, 0]);
  });

  it('sees nothing of the future with a causal mask', async () => {
    const x = layers.input({ shape: [4, 3] });
    const y = layers.multiHeadAttention({ numHeads: 2, keyDim: 3, useCausalMask: true })([x, x]);
    const network = model({ inputs: x, outputs: y, seed: 1 });
    network.compile({ loss: 'meanSquaredError', backend: exact });
    const sequence = Array.from({ length: 4 }, (_, t) => [t, 1 - t, 0.5 * t]);
    const changed = [...sequence.slice(0, 3), [9, 9, 9]];
    const [before, after] = [await network.predict([sequence]), await network.predict([changed])];
    expect(Array.from(after.data.slice(0, 9))).toEqual(Array.from(before.data.slice(0, 9)));
    expect(Array.from(after.data.slice(9))).not.toEqual(Array.from(before.data.slice(9)));
    const again = modelFromConfig(JSON.parse(JSON.stringify(network.toConfig())));
    expect(again.toConfig()).toEqual(network.toConfig());
  });

  it('drops shares of attention while training only', async () => {
    const layer = layers.multiHeadAttention({ numHeads: 1, keyDim: 2, dropout: 0.5 });
    const x = constant([1, 2, 3, 4], [1, 2, 2]);
    const [training, not] = [true, false].map((on) => {
      const trace = new Trace({ training: on });
      callLayer(layer, [x, x], trace);
      return trace.keys.length;
    });
    expect([training, not]).toEqual([1, 0]);
  });

  it.each([
    [[[5, 6]], 'For self-attention call it on [x, x]'],
    [[[5, 6], [7]], 'received [5,6], [7]'],
    [
      [
        [5, 6],
        [7, 8],
        [6, 8],
      ],
      'received [5,6], [7,8], [6,8]',
    ],
    [
      [
        [5, 6],
        [7, 8],
        [7, 8],
        [4, 7],
      ],
      'a mask [T, S] or [1, S]',
    ],
  ])('refuses samples %o', (shapes, message) => {
    expect(() => made().buildFor(shapes)).toThrow(message);
  });

  it('refuses impossible options', () => {
    expect(() => layers.multiHeadAttention({ numHeads: 0, keyDim: 3 })).toThrow('numHeads');
    expect(() => layers.multiHeadAttention({ numHeads: 2, keyDim: 1.5 })).toThrow('keyDim');
    expect(() => layers.multiHeadAttention({ numHeads: 2, keyDim: 3, dropout: 2 })).toThrow('dropout');
  });
});

describe('normalization', () => {
  const data = [
    [1, 10],
    [3, 30],
    [5, 20],
  ];

  it('measures mean and variance of each feature, and keeps them when a model is made', async () => {
    const layer = layers.normalization({ inputShape: [2] });
    await layer.adapt(data);
    const network = sequential([layer], { seed: 0 });
    network.compile({ loss: 'meanSquaredError', backend: exact });
    const { data: y } = await network.predict(data);
    const root = Math.sqrt(1.5);
    [-root, -root, 0, root, root, 0].forEach((value, i) => {
      expect(y[i]).toBeCloseTo(value, 6);
    });
    expect(network.summary()).toMatch(/Trainable params: 0 /);
  });

  it('gives the same of batches as of the whole, in 64 bits, also far from 0', async () => {
    const far = Array.from({ length: 60 }, (_, i) => 1e6 + Math.sin(i));
    const whole = layers.normalization({ axis: null });
    await whole.adapt({ data: far, shape: [20, 3] });
    const cut = layers.normalization({ axis: null });
    await cut.adapt(
      (async function* () {
        yield { data: far.slice(0, 21), shape: [7, 3] };
        yield { data: far.slice(21), shape: [13, 3] };
      })(),
    );
    const mean = far.reduce((a, b) => a + b) / 60;
    const variance = far.reduce((a, b) => a + (b - mean) ** 2, 0) / 60;
    for (const layer of [whole, cut]) {
      expect((await layer.mean!.read())[0]).toBe(Math.fround(mean));
      expect((await layer.variance!.read())[0]).toBeCloseTo(variance, 6);
    }
  });

  it('keeps axes apart that it is told to', async () => {
    const layer = layers.normalization({ axis: [1, 2] });
    await layer.adapt([
      [
        [1, 2],
        [3, 4],
      ],
      [
        [3, 2],
        [5, 8],
      ],
    ]);
    expect(Array.from(await layer.mean!.read())).toEqual([2, 2, 4, 6]);
    expect(Array.from(await layer.variance!.read())).toEqual([1, 0, 1, 4]);
  });

  it('refuses what it cannot use', async () => {
    expect(() => layers.normalization({ mean: 1 })).toThrow('mean and variance together');
    await expect(layers.normalization().adapt([])).rejects.toThrow('at least one sample');
    await expect(layers.normalization().adapt([[1, 2], [3]])).rejects.toThrow('lists of one length');
    await expect(layers.normalization({ mean: 0, variance: 1 }).adapt(data)).rejects.toThrow(
      'adapt() measures',
    );
    const built = layers.normalization({ inputShape: [2] });
    await built.adapt(data);
    await expect(
      built.adapt([
        { data: [1, 2], shape: [1, 2] },
        { data: [1, 2, 3], shape: [1, 3] },
      ]),
    ).rejects.toThrow('expected samples of shape [2]; received [3]');
  });
});

describe('layers of this family', () => {
  it.each([
    [() => layers.layerNormalization({ epsilon: 0 }), 'epsilon'],
    [() => layers.layerNormalization({ axis: 3 }).buildFor([[4, 5]]), 'Axis 0 is the batch'],
    [() => layers.layerNormalization({ axis: 0 }).buildFor([[4]]), 'Axis 0 is the batch'],
    [() => layers.groupNormalization({ groups: 3 }).buildFor([[4, 4]]), 'a multiple of groups = 3'],
    [() => layers.groupNormalization({ groups: 0 }), 'groups'],
    [() => layers.rmsNormalization({ epsilon: -1 }), 'epsilon'],
    [() => layers.embedding({ inputDim: 0, outputDim: 3 }), 'inputDim'],
    [() => layers.embedding({ inputDim: 3, outputDim: 0.5 }), 'outputDim'],
    [() => layers.relu({ maxValue: -1 }), 'maxValue'],
    [() => layers.elu({ alpha: Number.NaN }), 'alpha'],
    [() => layers.rescaling({ scale: Number.NaN }), 'scale'],
    [() => layers.softmax({ axis: 2 }).buildFor([[4]]), 'Axis 0 is the batch'],
    [() => layers.upSampling2d({ size: 0 }), 'size'],
    [() => layers.upSampling2d({ interpolation: 'cubic' as 'nearest' }), 'expected one of nearest, bilinear'],
    [() => layers.upSampling2d().buildFor([[4, 4]]), 'upSampling1d()'],
    [() => layers.upSampling1d().buildFor([[4, 4, 1]]), 'upSampling2d()'],
    [() => layers.resizing({ height: 0, width: 3 }), 'height'],
    [() => layers.resizing({ height: 2, width: 3 }).buildFor([[4]]), '[height, width, channels]'],
  ])('refuse bad input %#', (make, message) => {
    expect(make).toThrow(message);
  });
});

describe('a network of words', () => {
  it('learns which words matter, by embedding, masked attention and normalization', async () => {
    const random = seeded(5);
    const words = Array.from({ length: 256 }, () => {
      const length = 3 + Math.floor(random() * 6);
      return Array.from({ length: 8 }, (_, t) => (t < length ? 1 + Math.floor(random() * 11) : 0));
    });
    const labels = words.map((row) => (row.includes(5) || row.includes(7) ? 1 : 0));
    const x = layers.input({ shape: [8], dtype: 'int32' });
    const embedded = layers.embedding({ inputDim: 12, outputDim: 8, maskZero: true })(x);
    const attended = layers.multiHeadAttention({ numHeads: 2, keyDim: 4 })([embedded, embedded]);
    const normal = layers.layerNormalization()(layers.add()([embedded, attended]));
    const y = layers.dense({ units: 2, activation: 'softmax' })(layers.globalAveragePooling1d()(normal));
    const network = model({ inputs: x, outputs: y, seed: 3 });
    network.compile({
      optimizer: adam({ learningRate: 0.02 }),
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
      backend: 'wasm',
      threads: 1,
    });
    const { history } = await network.fit(words, labels, { epochs: 12, batchSize: 32 });
    expect(history.accuracy!.at(-1)).toBeGreaterThan(0.97);
    await network.dispose();
  });
});
