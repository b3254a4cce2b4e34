import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { relu } from '../../src/functional/index.ts';
import type { Layer } from '../../src/nn/layer.ts';
import * as layers from '../../src/nn/layers/index.ts';
import { sum } from '../../src/ops/index.ts';
import { modelFromConfig, sequential } from '../../src/train/index.ts';

const exact = referenceBackend({ precision: 64 });

/** The results of one layer with the given weights. */
async function apply(layer: Layer, x: readonly unknown[], weights: number[][] = []): Promise<number[]> {
  const model = sequential([layer], { seed: 0 });
  model.compile({ loss: 'meanSquaredError', backend: exact });
  if (weights.length > 0) model.setWeights(weights);
  return Array.from((await model.predict(x as number[][])).data);
}

describe('dense', () => {
  it('is activation(x·kernel + bias)', async () => {
    const layer = layers.dense({ units: 2, activation: 'relu', inputShape: [3] });
    const weights = [
      [1, -1, 2, 0, 0, 1],
      [0.5, -10],
    ];
    expect(await apply(layer, [[1, 2, 3]], weights)).toEqual([5.5, 0]);
  });

  it('works on the last axis of [time, features]', async () => {
    const layer = layers.dense({ units: 1, useBias: false, inputShape: [2, 2] });
    expect(
      await apply(
        layer,
        [
          [
            [1, 2],
            [3, 4],
          ],
        ],
        [[1, 10]],
      ),
    ).toEqual([21, 43]);
    expect(layer.outputShape).toEqual([2, 1]);
  });

  it('works on the last axis of images', async () => {
    const layer = layers.dense({ units: 2, useBias: false, inputShape: [1, 2, 2] });
    const image = [
      [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    ];
    expect(await apply(layer, image, [[1, 10, 100, 1000]])).toEqual([201, 2010, 403, 4030]);
    expect(layer.outputShape).toEqual([1, 2, 2]);
  });

  it('refuses nonsense', () => {
    const scalar = () => sequential([layers.dense({ units: 3, inputShape: [] })]);
    expect(scalar).toThrow('dense: expected samples of shape [..., features]; received []. Give each');
    expect(() => layers.dense({ units: 0 })).toThrow('dense: units: expected a positive integer; received 0');
    expect(() => layers.dense({ units: 3, activation: 'Relu' as 'relu' })).toThrow("Did you mean 'relu'?");
    expect(() => layers.dense({ units: 3, kernelInitializer: 'glorot_uniform' as 'zeros' })).toThrow(
      "Did you mean 'glorotUniform'?",
    );
  });

  it('takes a function as activation, which must keep the shape', async () => {
    const layer = layers.dense({ units: 1, activation: relu, inputShape: [1] });
    expect(await apply(layer, [[2]], [[-1], [0]])).toEqual([0]);
    expect(() => layer.config()).toThrow('cannot be saved');
    const total = layers.activation({ activation: (x) => sum(x), inputShape: [2] });
    await expect(apply(total, [[1, 2]])).rejects.toThrow('keeps the shape [1,2]; received []');
  });
});

describe('conv2d', () => {
  it('adds the bias to every place of a map', async () => {
    const layer = layers.conv2d({ filters: 2, kernelSize: [1, 2], inputShape: [1, 3, 1] });
    const weights = [
      [1, 10, 2, 20],
      [0.5, -0.5],
    ];
    expect(await apply(layer, [[[[1], [2], [3]]]], weights)).toEqual([5.5, 49.5, 8.5, 79.5]);
  });

  it('has kernels [KH, KW, C / groups, filters]', () => {
    const layer = layers.conv2d({ filters: 6, kernelSize: 3, groups: 2, inputShape: [8, 8, 4] });
    expect(sequential([layer]).countParams()).toBe(3 * 3 * 2 * 6 + 6);
    expect(layer.weights.map(({ variable }) => variable.shape)).toEqual([[3, 3, 2, 6], [6]]);
  });

  it.each([
    [{ filters: 2, kernelSize: 3, inputShape: [28, 28] }, 'reshape({ targetShape: [28, 28, 1] })'],
    [{ filters: 2, kernelSize: 3, inputShape: [2, 9, 1] }, 'at least [3,3] for its kernel; received [2,9,1]'],
    [{ filters: 2, kernelSize: 3, dilationRate: 2, inputShape: [4, 9, 1] }, 'at least [5,5]'],
    [{ filters: 4, kernelSize: 3, groups: 2, inputShape: [9, 9, 3] }, 'a multiple of groups = 2'],
    [{ filters: 3, kernelSize: 3, groups: 2 }, 'filters to be a multiple of groups = 2; received 3'],
    [{ filters: 3, kernelSize: 0 }, 'conv2d: kernelSize'],
    [{ filters: 3, kernelSize: 3, padding: 'full' }, 'expected one of valid, same; received "full"'],
    [{ filters: 3, kernelSize: 3, strides: [1, 2, 3] }, 'a pair [height, width]; received [1,2,3]'],
  ])('refuses %o', (options, message) => {
    expect(() => sequential([layers.conv2d(options as layers.Conv2dLayerOptions)])).toThrow(message);
  });
});

describe('pooling', () => {
  const image = [
    [
      [[1], [3]],
      [[2], [6]],
    ],
  ];

  it('takes the maximum or the mean', async () => {
    expect(await apply(layers.maxPooling2d({ inputShape: [2, 2, 1] }), image)).toEqual([6]);
    expect(await apply(layers.averagePooling2d({ inputShape: [2, 2, 1] }), image)).toEqual([3]);
  });

  it('refuses flat samples and windows that do not fit', () => {
    expect(() => sequential([layers.maxPooling2d({ inputShape: [4] })])).toThrow('Put it before flatten()');
    expect(() => sequential([layers.averagePooling2d({ poolSize: 3, inputShape: [2, 9, 1] })])).toThrow(
      'averagePooling2d: expected samples of shape at least [3,3]',
    );
  });
});

describe('flatten and reshape', () => {
  it('keep the values in order', async () => {
    const model = sequential([
      layers.flatten({ inputShape: [2, 2, 1] }),
      layers.reshape({ targetShape: [1, -1] }),
    ]);
    expect(model.outputShape).toEqual([1, 4]);
    const { data } = await model.predict({ data: [1, 2, 3, 4], shape: [1, 2, 2, 1] });
    expect(Array.from(data)).toEqual([1, 2, 3, 4]);
  });

  it('refuse other numbers of values', () => {
    expect(() => sequential([layers.reshape({ targetShape: [3, -1], inputShape: [8] })])).toThrow(
      'reshape: expected samples of shape as many values as [3,-1]; received [8]. They have 8',
    );
    expect(() => layers.reshape({ targetShape: [-1, -1] })).toThrow('one may be -1');
  });
});

describe('activation', () => {
  it.each([
    ['linear', [-2, 0, 3]],
    ['step', [0, 0, 1]],
    ['relu', [0, 0, 3]],
    ['leakyRelu', [-0.4, 0, 3]],
    ['tanh', [Math.tanh(-2), 0, Math.tanh(3)]],
    ['sigmoid', [1 / (1 + Math.exp(2)), 0.5, 1 / (1 + Math.exp(-3))]],
    ['softmax', [-2, 0, 3].map((z) => Math.exp(z) / (Math.exp(-2) + 1 + Math.exp(3)))],
  ] as const)('%s', async (name, expected) => {
    const values = await apply(layers.activation({ activation: name, inputShape: [3] }), [[-2, 0, 3]]);
    expected.forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 6);
    });
  });

  it('leakyRelu as a layer has slope 0.3', async () => {
    const [value] = await apply(layers.leakyRelu({ inputShape: [1] }), [[-10]]);
    expect(value).toBeCloseTo(-3, 6);
  });
});

describe('dropout', () => {
  it('does nothing outside of training', async () => {
    expect(await apply(layers.dropout({ rate: 0.9, inputShape: [3] }), [[1, 2, 3]])).toEqual([1, 2, 3]);
  });

  it('refuses a rate that is no share', () => {
    expect(() => layers.dropout({ rate: 50 })).toThrow('in [0, 1]; received 50');
  });
});

describe('batchNormalization', () => {
  const x = [
    [1, 10],
    [3, 30],
  ];

  it('learns with the statistics of the batch, and lets the running ones follow', async () => {
    const model = sequential([layers.batchNormalization({ momentum: 0.9, inputShape: [2] })]);
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    // y is (∓1, ∓1) up to epsilon, so its mean square is 1.
    const { loss } = await model.trainOnBatch(x, [
      [0, 0],
      [0, 0],
    ]);
    expect(loss).toBeCloseTo((1 / (1 + 1e-3) + 100 / (100 + 1e-3)) / 2, 6);
    const [, , movingMean, movingVariance] = await model.getWeights();
    expect(movingMean!.name).toBe('batchNormalization/movingMean');
    expect(movingMean!.data[0]).toBeCloseTo(0.1 * 2, 6);
    expect(movingMean!.data[1]).toBeCloseTo(0.1 * 20, 6);
    expect(movingVariance!.data[0]).toBeCloseTo(0.9 + 0.1 * 1, 6);
    expect(movingVariance!.data[1]).toBeCloseTo(0.9 + 0.1 * 100, 5);
  });

  it('predicts with the running statistics', async () => {
    const layer = layers.batchNormalization({ epsilon: 1e-12, inputShape: [1] });
    const weights = [[2], [5], [10], [4]];
    const [value] = await apply(layer, [[14]], weights);
    expect(value).toBeCloseTo((2 * (14 - 10)) / 2 + 5, 5);
  });

  it('does not train running statistics, nor anything when it is frozen', async () => {
    expect(sequential([layers.batchNormalization({ inputShape: [3] })]).summary()).toMatch(
      /Trainable params: 6 .*\n Non-trainable params: 6 /,
    );
    const model = sequential([layers.batchNormalization({ trainable: false, inputShape: [2] })]);
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    const before = await model.getWeights();
    await model.trainOnBatch(x, x);
    expect(await model.getWeights()).toEqual(before);
  });

  it('refuses impossible options', () => {
    expect(() => layers.batchNormalization({ momentum: 2 })).toThrow('momentum in [0, 1]; received 2');
    expect(() => layers.batchNormalization({ epsilon: 0 })).toThrow('a positive epsilon');
  });
});

describe('layers in a model', () => {
  it('get names of their own', () => {
    const model = sequential([
      layers.dense({ units: 2, inputShape: [2] }),
      layers.dense({ units: 2, name: 'middle' }),
      layers.dense({ units: 2 }),
      layers.dense({ units: 2 }),
    ]);
    expect(model.layers.map(({ name }) => name)).toEqual(['dense', 'middle', 'dense_1', 'dense_2']);
    expect(() => model.add(layers.dense({ units: 2, name: 'middle' }))).toThrow('that name twice');
  });

  it('may be shared by models, which then share its weights, but stand in one stack only once', async () => {
    const layer = layers.dense({ units: 2, inputShape: [2] });
    const [first, second] = [sequential([layer]), sequential([layer])];
    first.setWeights([
      [1, 2, 3, 4],
      [5, 6],
    ]);
    expect(await second.getWeights()).toEqual(await first.getWeights());
    expect(() => second.add(layer)).toThrow(
      'dense: expected another layer; received one that this model has',
    );
  });

  it('keep a model as it was when one does not fit', () => {
    const model = sequential([layers.dense({ units: 2, inputShape: [2] })]);
    expect(() => model.add(layers.conv2d({ filters: 1, kernelSize: 1 }))).toThrow('conv2d');
    expect(model.layers).toHaveLength(1);
    model.add(layers.dense({ units: 5 }));
    expect(model.outputShape).toEqual([5]);
  });

  it('are made again from their configuration, all options kept', () => {
    const model = sequential(
      [
        layers.input({ shape: [12, 12, 4] }),
        layers.conv2d({
          filters: 4,
          kernelSize: [3, 2],
          strides: [2, 1],
          padding: 'same',
          groups: 2,
          activation: 'tanh',
          useBias: false,
          kernelInitializer: 'heNormal',
        }),
        layers.conv2d({ filters: 3, kernelSize: 2, dilationRate: [2, 1], trainable: false }),
        layers.batchNormalization({ momentum: 0.8, epsilon: 1e-5, center: false }),
        layers.leakyRelu({ negativeSlope: 0.1 }),
        layers.maxPooling2d({ poolSize: [2, 3], strides: 1, padding: 'same' }),
        layers.averagePooling2d({ poolSize: 2 }),
        layers.reshape({ targetShape: [-1, 5] }),
        layers.flatten({ name: 'row' }),
        layers.dropout({ rate: 0.3 }),
        layers.dense({ units: 7, biasInitializer: 'ones' }),
        layers.activation('softmax'),
      ],
      { name: 'all', seed: 9 },
    );
    const config = JSON.parse(JSON.stringify(model.toConfig())) as unknown;
    const twin = modelFromConfig(config);
    expect(twin.toConfig()).toEqual(config);
    expect(twin.summary()).toBe(model.summary());
  });
});
