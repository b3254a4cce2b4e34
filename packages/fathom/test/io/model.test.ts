import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { DataError } from '../../src/data/errors.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { Layer } from '../../src/nn/layer.ts';
import { batchNormalization, dense } from '../../src/nn/layers/index.ts';
import { adam } from '../../src/nn/optimizers/index.ts';
import { loadModel, saveModel } from '../../src/node.ts';
import { add } from '../../src/ops/index.ts';
import { loadWeights, type Model, modelFromConfig, saveWeights, sequential } from '../../src/train/index.ts';

const backend = referenceBackend();
const X = [
  [1, 2],
  [3, 4],
  [-1, 0.5],
];
const Y = [0, 1, 2];

async function trained(): Promise<Model> {
  const model = sequential(
    [
      dense({ units: 4, activation: 'relu', inputShape: [2] }),
      batchNormalization(),
      dense({ units: 3, activation: 'softmax' }),
    ],
    { name: 'small', seed: 6 },
  );
  model.compile({
    optimizer: adam({ learningRate: 0.02 }),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
    backend,
  });
  await model.fit(X, Y, { epochs: 3 });
  return model;
}

describe('configuration', () => {
  it('makes the model again: layers, seed, optimizer, loss, metrics', async () => {
    const model = await trained();
    const config = JSON.parse(JSON.stringify(model.toConfig())) as unknown;
    const twin = modelFromConfig(config, { backend });
    expect(twin.toConfig()).toEqual(config);
    expect(twin.seed).toBe(6);
    expect(twin.optimizer!.config()).toMatchObject({
      learningRate: 0.02,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-7,
    });
    twin.setWeights(await model.getWeights());
    expect(await twin.evaluate(X, Y)).toEqual(await model.evaluate(X, Y));
  });

  it('knows layers of the user when it is told of them', () => {
    class Shift extends Layer {
      readonly type = 'shift';
      build(shape: readonly number[]): readonly number[] {
        return shape;
      }
      call(x: Tensor): Tensor {
        return add(x, 1);
      }
      protected options(): Record<string, unknown> {
        return {};
      }
    }
    const config = sequential([new Shift({ inputShape: [2] })]).toConfig();
    expect(() => modelFromConfig(config)).toThrow("received 'shift'");
    const twin = modelFromConfig(config, { customLayers: { shift: (options) => new Shift(options) } });
    expect(twin.toConfig().layers).toEqual([{ type: 'shift', name: 'shift', inputShape: [2] }]);
  });

  it.each([
    ['null', null, 'expected an object, received null'],
    ['another version', { formatVersion: 99 }, 'Use the version of Fathom that wrote it'],
    ['no layers', { formatVersion: 1, name: 'm', seed: 1 }, 'layers): expected a list'],
    ['a layer of no type', { formatVersion: 1, name: 'm', seed: 1, layers: [{}] }, 'layer 0: type'],
    [
      'an unknown layer',
      { formatVersion: 1, name: 'm', seed: 1, layers: [{ type: 'dens', name: 'd' }] },
      "Did you mean 'dense'?",
    ],
    [
      'bad options',
      { formatVersion: 1, name: 'm', seed: 1, layers: [{ type: 'dense', name: 'd', units: 'ten' }] },
      'd: units: expected a positive integer; received ten',
    ],
    ['a seed that is none', { formatVersion: 1, name: 'm', seed: -3, layers: [] }, 'seed'],
  ])('refuses %s', (_name, config, message) => {
    expect(() => modelFromConfig(config)).toThrow(message);
  });
});

describe('a file of version 1', () => {
  it('is read as the stack it is', async () => {
    const old = {
      formatVersion: 1,
      name: 'old',
      seed: 3,
      inputShape: [2],
      layers: [
        { type: 'input', name: 'input', inputShape: [2], shape: [2] },
        {
          type: 'dense',
          name: 'hidden',
          units: 4,
          activation: 'relu',
          useBias: true,
          kernelInitializer: 'heNormal',
        },
        { type: 'dropout', name: 'dropout', rate: 0.5 },
        { type: 'dense', name: 'dense_1', units: 3, activation: 'softmax', trainable: false },
      ],
      compile: {
        optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: false },
        loss: { name: 'sparseCategoricalCrossentropy', fromLogits: false },
        metrics: ['accuracy'],
      },
    };
    const model = modelFromConfig(old, { backend });
    expect(model.layers.map(({ name }) => name)).toEqual(['input', 'hidden', 'dropout', 'dense_1']);
    expect((await model.getWeights()).map(({ name }) => name)).toEqual([
      'hidden/kernel',
      'hidden/bias',
      'dense_1/kernel',
      'dense_1/bias',
    ]);
    expect(Object.keys(await model.evaluate(X, Y))).toEqual(['loss', 'accuracy']);
    expect(modelFromConfig(model.toConfig()).toConfig()).toEqual(model.toConfig());
  });
});

describe('weights', () => {
  it('go to bytes and back', async () => {
    const model = await trained();
    const twin = modelFromConfig(model.toConfig(), { backend });
    await loadWeights(twin, await saveWeights(model));
    expect(await twin.getWeights()).toEqual(await model.getWeights());
  });

  it('of another model are refused, and nothing is replaced', async () => {
    const model = await trained();
    const bytes = await saveWeights(model);
    const wider = sequential([
      dense({ units: 5, inputShape: [2] }),
      batchNormalization(),
      dense({ units: 3 }),
    ]);
    const before = await wider.getWeights();
    await expect(loadWeights(wider, bytes)).rejects.toThrow(
      'dense/kernel of shape [2,5], received shape [2,4]',
    );
    expect(await wider.getWeights()).toEqual(before);
    const shorter = sequential([dense({ units: 4, inputShape: [2] })]);
    await expect(loadWeights(shorter, bytes)).rejects.toThrow('received more: batchNormalization/gamma');
    const other = sequential([dense({ units: 4, name: 'other', inputShape: [2] })]);
    await expect(loadWeights(other, bytes)).rejects.toThrow('nothing of that name');
  });
});

describe('a saved model', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fathom-model-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('comes back as it was', async () => {
    const model = await trained();
    const path = join(folder, 'runs', 'first');
    await saveModel(model, path);
    expect((await readdir(path)).sort()).toEqual(['model.json', 'weights.safetensors']);
    const loaded = await loadModel(path, { backend });
    expect(await loaded.predict(X)).toEqual(await model.predict(X));
    expect(await loaded.evaluate(X, Y)).toEqual(await model.evaluate(X, Y));
    await saveModel(loaded, path);
    expect(await (await loadModel(path, { backend })).predict(X)).toEqual(await model.predict(X));
  });

  it('is refused where it is damaged or missing', async () => {
    await saveModel(await trained(), folder);
    const weights = join(folder, 'weights.safetensors');
    const bytes = await readFile(weights);
    await writeFile(weights, bytes.subarray(0, bytes.length - 3));
    await expect(loadModel(folder)).rejects.toThrow(
      /weights\.safetensors.*dense_1\/bias|no whole safetensors/,
    );
    await rm(weights);
    await expect(loadModel(folder)).rejects.toThrow('no saved model');
    await writeFile(join(folder, 'model.json'), '{"formatVersion": 1');
    await expect(loadModel(folder)).rejects.toThrow('expected JSON');
    await expect(loadModel(join(folder, 'nowhere'))).rejects.toBeInstanceOf(DataError);
  });

  it('leaves nothing behind when it cannot be saved', async () => {
    const model = sequential([dense({ units: 1, activation: (x) => x, inputShape: [2] })]);
    const path = join(folder, 'run');
    await expect(saveModel(model, path)).rejects.toThrow('cannot be saved');
    expect(await readdir(folder)).toEqual([]);
    await writeFile(path, 'a file in the way');
    await expect(saveModel(await trained(), path)).rejects.toThrow('cannot write');
    expect(await readFile(path, 'utf8')).toBe('a file in the way');
  });
});
