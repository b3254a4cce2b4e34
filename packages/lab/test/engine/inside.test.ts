import { model as functional, inspect, layers, losses, type Model } from 'fathom';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { insideHandlers } from '../../src/engine/inside.ts';
import type { InsideView } from '../../src/engine/insideTypes.ts';
import { holdNetwork } from '../../src/engine/networks.ts';

const { concatenate, conv2d, dense, embedding, flatten, globalAveragePooling1d, input, lstm } = layers;
/** What the engine asks its worker for: how many cores there are. */
beforeAll(() => vi.stubGlobal('navigator', { hardwareConcurrency: 2 }));
afterAll(() => vi.unstubAllGlobals());

const REFERENCE = { backend: 'reference' } as const;
const ROW = [0.5, -1, 2, 0.25];

/** A picture, a row and words in; a class, yes or no, and a box out. */
function several(): Model {
  const picture = input({ shape: [6, 6, 3], name: 'picture' });
  const row = input({ shape: [4], name: 'row' });
  const words = input({ shape: [5], dtype: 'int32', name: 'words' });
  const maps = conv2d({ filters: 3, kernelSize: 3, activation: 'relu' })(picture);
  const read = globalAveragePooling1d()(embedding({ inputDim: 7, outputDim: 3 })(words));
  const joined = concatenate()([flatten()(maps), dense({ units: 5, activation: 'tanh' })(row), read]);
  const kind = dense({ units: 3, activation: 'softmax', name: 'kind' })(joined);
  const found = dense({ units: 1, activation: 'sigmoid', name: 'found' })(joined);
  const box = dense({ units: 4, name: 'box' })(joined);
  const outputs = [kind, found, box];
  return functional({ inputs: [picture, row, words], outputs, name: 'several', seed: 3 }) as never;
}

const SOURCES = [{ example: 0 }, { values: ROW }, { example: 2 }] as const;

async function lookAt(model: Model, sources: Parameters<typeof look>[0]['sources']) {
  holdNetwork('file', model, []);
  const view = (await look({ network: 'file', sources }))!;
  const x = view.values.map((data, i) => ({ data, shape: [1, ...model.network.inputs[i]!.shape] }));
  return { view, x, sample: { network: 'file', values: view.values } };
}

const look = (request: Parameters<(typeof insideHandlers)['inside/look']>[0]) =>
  insideHandlers['inside/look'](request) as Promise<InsideView | null>;

const near = (found: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo(expected[i]!, 5);
};

describe('a network with several inputs and outputs', () => {
  it('has a sample for each input, and what each layer and output gives is the library’s', async () => {
    const model = several();
    const { view, x } = await lookAt(model, SOURCES);
    expect(view.inputs.map(({ id, kind }) => [id, kind])).toEqual([
      ['picture', 'picture'],
      ['row', 'numbers'],
      ['words', 'tokens'],
    ]);
    expect([...view.values[1]!]).toEqual(ROW);
    // Words are those of the table that the input is looked up in.
    expect([...view.values[2]!].every((word) => Number.isInteger(word) && word > 0 && word < 7)).toBe(true);
    const all = await inspect.activations(model, x, REFERENCE);
    for (const [i, { id, values }] of view.layers.entries()) {
      expect(id).toBe(all.layers[i]!.id);
      near(values, all.layers[i]!.values);
    }
    const predicted = (await model.predict(x as never)) as never as { data: Float32Array }[];
    expect(view.outputs.map(({ layer }) => layer)).toEqual(['kind', 'found', 'box']);
    for (const [i, { values }] of view.outputs.entries()) near(values, predicted[i]!.data);
    expect(view.outputs[1]!.classes).toEqual(['no', 'yes']);
    expect(view.outputs[2]!.probabilities).toEqual([]);
  });

  it.each([
    ['kind', 0, 2, losses.sparseCategoricalCrossentropy(), Int32Array.of(2)],
    ['found', 1, 1, losses.binaryCrossentropy(), Float32Array.of(1)],
    ['box', 2, 0.5, losses.meanSquaredError(), new Float32Array(4).fill(0.5)],
  ])('has the gradients of the loss of %s alone', async (name, output, label, loss, values) => {
    const model = several();
    const { x, sample } = await lookAt(model, SOURCES);
    const target = { output, label };
    const found = await insideHandlers['inside/gradients']({ sample, target });
    const shape = loss.targets === 'labels' ? [1] : [1, values.length];
    const wanted = { data: values, shape };
    const expected = await inspect.gradients(model, x, wanted, { ...REFERENCE, loss, output });
    expect(found.loss).toBeCloseTo(expected.loss, 5);
    for (const [i, { id, gradient, preActivationGradient }] of found.layers.entries()) {
      const own = expected.layers[i]!;
      expect([id, gradient === undefined, preActivationGradient === undefined]).toEqual([
        own.id,
        own.gradient === undefined,
        own.preActivationGradient === undefined,
      ]);
      if (gradient) near(gradient, own.gradient!);
      if (preActivationGradient) near(preActivationGradient, own.preActivationGradient!);
    }
    const of = { weight: `${name}/kernel`, place: [0, 0] };
    const one = await insideHandlers['inside/gradient']({ sample, target, of });
    expect(one.value).toBeCloseTo(one.sum!, 5);
    expect(one.check).toBeCloseTo(one.sum!, 5);
    // Another output's weights have no part in it.
    const other = name === 'kind' ? 'box' : 'kind';
    const none = await insideHandlers['inside/gradient']({
      sample,
      target,
      of: { weight: `${other}/kernel`, place: [0, 0] },
    });
    expect([none.value, none.check]).toEqual([0, 0]);
    const parts = await insideHandlers['inside/map']({ sample, layer: name, map: 0, target });
    const kernel = expected.weights.find((one) => one.name === `${name}/kernel`)!;
    const width = kernel.shape[1]!;
    parts.weights.forEach(({ gradient }, i) => {
      expect(gradient).toBeCloseTo(kernel.gradient[i * width]!, 5);
    });
  });

  it('has the grad-CAM of each output over each picture, and says where there is none', async () => {
    const model = several();
    const { view, x, sample } = await lookAt(model, SOURCES);
    for (const [output, choice] of [
      [0, 2],
      [1, 1],
      [1, 0],
      [2, 3],
    ] as const) {
      const [picture, row, words] = await insideHandlers['inside/cam']({ sample, output, choice });
      const isYes = output === 1;
      const against = isYes && choice === 0;
      const options = { ...REFERENCE, output, against };
      const cam = await inspect.gradCam(model, x, isYes ? 0 : choice, options);
      expect(picture!.shown).toMatchObject({ layer: 'conv2d', maps: [4, 4], rows: 6, columns: 6 });
      near(picture!.shown!.heat, cam.heat);
      const { pixels } = picture!.shown!.picture!;
      expect([...pixels]).toEqual(Array.from(view.values[0]!, (value) => Math.round(255 * value)));
      expect([row!.problem, words!.problem].map((text) => text!.split(':')[0])).toEqual([
        'row is no picture',
        'words is no picture',
      ]);
    }
    await expect(insideHandlers['inside/cam']({ sample, output: 0, choice: 3 })).rejects.toThrow(
      'expected a class 0…2; received 3',
    );
    await expect(insideHandlers['inside/cam']({ sample, output: 3, choice: 0 })).rejects.toThrow(
      'expected an output 0…2; received 3',
    );
  });

  it('refuses an output and a number of samples that it does not have', async () => {
    const { sample } = await lookAt(several(), SOURCES);
    await expect(
      insideHandlers['inside/gradients']({ sample, target: { output: 3, label: 0 } }),
    ).rejects.toThrow('expected an output 0…2; received 3');
    await expect(look({ network: 'file', sources: [{ example: 0 }] })).rejects.toThrow(
      'several has 3 inputs; received samples for 1',
    );
    await expect(
      look({ network: 'file', sources: [{ example: 0 }, { values: [1] }, { example: 0 }] }),
    ).rejects.toThrow('several, row, takes 4 numbers [4]; received 1');
  });
});

describe('an output with an answer at each step', () => {
  it('has gradients of the mean loss over the steps', async () => {
    const steps = input({ shape: [4, 2] });
    const y = lstm({ units: 3, returnSequences: true })(steps);
    const outputs = [dense({ units: 5, activation: 'softmax' })(y), y];
    const model = functional({ inputs: steps, outputs, seed: 1 }) as never as Model;
    const { view, sample } = await lookAt(model, [{ example: 1 }]);
    const found = await insideHandlers['inside/gradients']({ sample, target: { output: 0, label: 3 } });
    const p = view.outputs[0]!.values;
    const logs = [0, 1, 2, 3].map((step) => -Math.log(p[5 * step + 3]!));
    expect(found.loss).toBeCloseTo(logs.reduce((a, b) => a + b, 0) / 4, 5);
    const states = await insideHandlers['inside/gradients']({ sample, target: { output: 1, label: 0 } });
    const squares = view.outputs[1]!.values.reduce((sum, value) => sum + value * value, 0);
    expect(states.loss).toBeCloseTo(squares / 12, 5);
  });
});
