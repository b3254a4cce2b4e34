import { model as functional, inspect, layers, losses, type Model, saveWeights } from 'fathom';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { insideHandlers } from '../../src/engine/inside.ts';
import { networkHandlers } from '../../src/engine/networks.ts';
import { trainingHandlers } from '../../src/engine/training.ts';

const { dense, input } = layers;
const REFERENCE = { backend: 'reference' } as const;
const ROW = [0.5, -1, 2];

beforeAll(() => {
  vi.stubGlobal('navigator', { hardwareConcurrency: 2 });
  vi.stubGlobal('self', { postMessage: () => {} });
});
afterAll(() => vi.unstubAllGlobals());

/** A class from logits, a box, and numbers that nobody trains; compiled as a run is that is saved. */
function several(): Model {
  const x = input({ shape: [3], name: 'x' });
  const outputs = ['kind', 'box', 'free'].map((name, i) => dense({ units: 3 + i, name })(x));
  const made = functional({ inputs: x, outputs, seed: 3 });
  made.compile({
    loss: [losses.sparseCategoricalCrossentropy({ fromLogits: true }), losses.huber({ delta: 0.25 }), null],
    lossWeights: [0.5, 2, 1],
    optimizer: 'adam',
    metrics: [['accuracy'], [], []],
    ...REFERENCE,
  });
  return made as never;
}

async function open(model: Model, change: (config: Record<string, unknown>) => unknown = (config) => config) {
  const config = JSON.stringify(change({ ...model.toConfig() }));
  const weights = new Uint8Array(await saveWeights(model));
  await networkHandlers['network/load']({ id: 'file', config, record: undefined, weights, where: 'test' });
  const view = (await insideHandlers['inside/look']({ network: 'file', sources: [{ values: ROW }] }))!;
  return { view, sample: { network: 'file', values: view.values } };
}

describe('a run that was saved', () => {
  it.each([
    ['kind', 0, 2, 2],
    ['box', 1, 0.5, { data: new Float32Array(4).fill(0.5), shape: [1, 4] }],
  ])(
    'has the gradients of the loss that %s was trained with, times its weight',
    async (name, output, label, y) => {
      const model = several();
      const { view, sample } = await open(model);
      expect(view.outputs.map(({ classes }) => classes.length)).toEqual([3, 0, 0]);
      const target = { output, label };
      const { loss, objective } = await insideHandlers['inside/gradients']({ sample, target });
      const all = await inspect.gradients(model, ROW, y, { output, ...REFERENCE });
      expect(all.objective.origin).toBe('compiled');
      expect(objective).toEqual(all.objective);
      expect(loss).toBeCloseTo(all.loss, 5);
      const of = { weight: `${name}/kernel`, place: [2, 1] };
      const { value, check } = await insideHandlers['inside/gradient']({ sample, target, of });
      const kernel = all.weights.find((one) => one.name === of.weight)!;
      expect(value).toBeCloseTo(kernel.gradient[2 * kernel.shape[1]! + 1]!, 5);
      expect(check).toBeCloseTo(value, 5);
    },
  );

  it('says which outputs were not trained, and where it does not know', async () => {
    const target = { output: 2, label: 0 };
    const { sample } = await open(several());
    const free = await insideHandlers['inside/gradients']({ sample, target });
    expect(free.objective).toMatchObject({ origin: 'untrained', name: 'meanSquaredError', weight: 1 });
    const strangers = [null, { loss: { name: 'ofAnotherVersion' }, metrics: [], optimizer: { name: 'sgd' } }];
    for (const compile of strangers) {
      const { sample } = await open(several(), (config) => ({ ...config, compile }));
      const { objective } = await insideHandlers['inside/gradients']({ sample, target });
      expect(objective).toMatchObject({ origin: 'unknown', name: 'meanSquaredError' });
    }
  });
});

describe('a network of the room Train', () => {
  const settings = {
    layers: [{ type: 'flatten' }, { type: 'dense', units: 10, activation: 'softmax' }],
    optimizer: 'adam',
    learningRate: 0.05,
    batchSize: 8,
    seed: 3,
    l2: 0,
    patience: 0,
  };

  it.each(['meanSquaredError', 'categoricalHinge', 'sparseCategoricalCrossentropy'])(
    'has the gradients of %s, while it is trained and when it is kept',
    async (loss) => {
      await trainingHandlers['train/data']({ kind: 'digits', seed: 1, count: 60 });
      await trainingHandlers['train/reset']({ ...settings, loss, l2: 0.01 });
      const { steps } = await trainingHandlers['train/step'](null);
      await trainingHandlers['train/keep'](steps);
      const pixels = Float32Array.from({ length: 784 }, (_, i) => (i % 7) / 7);
      const target = { output: 0, label: 4 };
      const found = [];
      for (const network of ['training', 'trained']) {
        const view = await insideHandlers['inside/look']({ network, sources: [{ values: [...pixels] }] });
        const p = view!.outputs[0]!.probabilities;
        const sample = { network, values: view!.values };
        const { loss: value, objective } = await insideHandlers['inside/gradients']({ sample, target });
        expect(objective).toMatchObject({ origin: 'compiled', name: loss, weight: 1, hasPenalties: true });
        const expected = {
          meanSquaredError: p.reduce((sum, one, i) => sum + (one - Number(i === 4)) ** 2, 0) / 10,
          categoricalHinge: Math.max(0, 1 + Math.max(...p.toSpliced(4, 1)) - p[4]!),
          sparseCategoricalCrossentropy: -Math.log(p[4]!),
        }[loss]!;
        expect(value).toBeCloseTo(expected, 4);
        const of = { weight: 'dense/kernel', place: [3, 4] };
        const gradient = await insideHandlers['inside/gradient']({ sample, target, of });
        expect(gradient.value).toBeCloseTo(gradient.check, 4);
        found.push(gradient.value);
      }
      expect(found[0]).toBe(found[1]);
    },
  );
});
