import {
  model as functional,
  inspect,
  layers,
  loadWeights,
  type Model,
  meanAndStd,
  modelFromConfig,
  saveWeights,
  standardize,
} from 'fathom';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { insideHandlers } from '../../src/engine/inside.ts';
import { networkHandlers } from '../../src/engine/networks.ts';
import { trainingHandlers } from '../../src/engine/training.ts';
import type { RunFile } from '../../src/engine/trainingTypes.ts';

const REFERENCE = { backend: 'reference' } as const;
const ROWS = Array.from({ length: 40 }, (_, i) => [20 + (i % 7) * 1.5, 1000 - i * i]);
const TABLE = `age,income,kind\n${ROWS.map(([a, b], i) => `${a},${b},${i % 3 ? 'old' : 'new'}`).join('\n')}\n`;
/** Of which the first column is not the network's first. */
const OTHER = 'kind,income,age\nold,640.5,24\nnew,,30\n';
const RAW = [24, 640.5];

const settings = {
  layers: [
    { type: 'dense', units: 5, activation: 'tanh' },
    { type: 'dense', units: 2, activation: 'softmax' },
  ],
  loss: 'sparseCategoricalCrossentropy',
  optimizer: 'adam',
  learningRate: 0.05,
  batchSize: 8,
  seed: 3,
  l2: 0,
  patience: 0,
};

/** What the columns of the table are standardized by. */
const columns = ['age', 'income'].map((name, at) => ({ name, ...meanAndStd(ROWS.map((row) => row[at]!)) }));
const standardized = RAW.map((value, at) => standardize([value], columns[at])[0]!);

let files: RunFile[];

beforeAll(async () => {
  vi.stubGlobal('navigator', { hardwareConcurrency: 2 });
  vi.stubGlobal('self', { postMessage: () => {} });
  await trainingHandlers['train/data']({ kind: 'csv', file: new File([TABLE], 'people.csv'), seed: 1 });
  await trainingHandlers['train/reset'](settings);
  const { steps } = await trainingHandlers['train/step'](null);
  files = await trainingHandlers['train/export']({ steps, lab: null });
});
afterAll(() => vi.unstubAllGlobals());

const text = (name: string) => new TextDecoder().decode(files.find((file) => file.name === name)!.bytes);

async function open(record: string | undefined): Promise<Model> {
  const weights = files.find(({ name }) => name === 'weights.safetensors')!.bytes;
  const config = text('model.json');
  await networkHandlers['network/load']({ id: 'file', config, record, weights, where: 'test' });
  const model = modelFromConfig({ ...JSON.parse(config), compile: null });
  await loadWeights(model, weights, 'weights');
  return model;
}

async function probabilitiesOf(network: string, values: readonly number[]) {
  const view = (await insideHandlers['inside/look']({ network, sources: [{ values }] }))!;
  return { view, probabilities: view.outputs[0]!.probabilities };
}

/** What the library says of a row that is standardized already. */
async function expectedOf(model: Model, row: readonly number[]): Promise<Float32Array> {
  const all = await inspect.activations(model, { data: Float32Array.from(row), shape: [1, 2] }, REFERENCE);
  return all.results[0]!.values;
}

function expectNear(found: readonly number[], expected: Float32Array): void {
  expected.forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 6);
  });
}

describe('a row of a table whose columns were standardized for training', () => {
  it('is standardized in the same way, in the network that is trained', async () => {
    const { view, probabilities } = await probabilitiesOf('training', RAW);
    expect([...view.values[0]!]).toEqual(standardized);
    expect(view.written[0]).toEqual(RAW);
    expect(view.inputs[0]!.columns).toEqual(columns);
    expectNear(probabilities, await expectedOf(await open(undefined), standardized));
    // The rows of the data are shown as they stand in the file.
    const row = (await insideHandlers['inside/look']({ network: 'training', sources: [{ example: 2 }] }))!;
    expect(ROWS).toContainEqual(row.written[0]);
  });

  it('is standardized in a run that was saved and opened again', async () => {
    expect(JSON.parse(text('run.json')).data.columns).toEqual(columns);
    const model = await open(text('run.json'));
    const { view, probabilities } = await probabilitiesOf('file', RAW);
    expect([...view.values[0]!]).toEqual(standardized);
    expectNear(probabilities, await expectedOf(model, standardized));
  });

  it('is found by the names of the columns in a table of other order, and gaps are told', async () => {
    await open(text('run.json'));
    const request = { network: 'file', input: 0, text: OTHER, name: 'other.csv' };
    expect(await insideHandlers['inside/row']({ ...request, row: 0 })).toEqual({ values: RAW, rows: 2 });
    expect(() => insideHandlers['inside/row']({ ...request, row: 1 })).toThrow(
      'other.csv, row 1, column income',
    );
  });

  it.each([
    ['no record', () => undefined],
    [
      'a record without columns',
      () => JSON.stringify({ data: { ...JSON.parse(text('run.json')).data, columns: undefined } }),
    ],
    [
      'a record of other columns',
      () => JSON.stringify({ data: { classes: [], columns: [{ name: 'age', mean: 0, std: -1 }] } }),
    ],
  ])('goes in as it is written into a run with %s', async (_what, record) => {
    const model = await open(record());
    const { view, probabilities } = await probabilitiesOf('file', [0.5, -1]);
    expect(view.inputs[0]!.columns).toBeUndefined();
    expect([...view.values[0]!]).toEqual([0.5, -1]);
    expectNear(probabilities, await expectedOf(model, [0.5, -1]));
  });
});

describe('rows of a network with several inputs', () => {
  const facts = ['age', 'income'].map((name, i) => ({ name, mean: 10 * (i + 1), std: 2 + i }));
  const more = [{ name: 'visits', mean: 3, std: 0.5 }];
  const make = () => {
    const inputs = [
      layers.input({ shape: [2], name: 'facts' }),
      layers.input({ shape: [4, 4, 1], name: 'photo' }),
      layers.input({ shape: [1], name: 'more' }),
    ];
    const joined = layers.concatenate()([inputs[0]!, layers.flatten()(inputs[1]!), inputs[2]!]);
    const outputs = layers.dense({ units: 3, activation: 'softmax' })(joined);
    return functional({ inputs, outputs, name: 'several', seed: 6 });
  };

  it.each([
    ['a list for all', [...facts, ...more]],
    ['a list for each', { facts, more }],
  ])('are standardized by %s, each by its own columns', async (_what, stored) => {
    const model = make();
    const record = JSON.stringify({ data: { classes: [], columns: stored } });
    const config = JSON.stringify(model.toConfig());
    const weights = new Uint8Array(await saveWeights(model));
    await networkHandlers['network/load']({ id: 'file', config, record, weights, where: 'test' });
    const inputs = await insideHandlers['inside/inputs']('file');
    expect(inputs.map(({ columns }) => columns)).toEqual([facts, undefined, more]);
    const request = { network: 'file', text: 'visits,income,age\n4,26,14\n5,1,2\n', name: 'all.csv', row: 0 };
    const rows = [];
    for (const input of [0, 2]) rows.push((await insideHandlers['inside/row']({ ...request, input })).values);
    expect(rows).toEqual([[14, 26], [4]]);
    const sources = [{ values: rows[0]! }, { example: 1 }, { values: rows[1]! }];
    const view = (await insideHandlers['inside/look']({ network: 'file', sources }))!;
    expect(view.values.map((values) => [...values]).filter((_, i) => i !== 1)).toEqual([[2, 2], [2]]);
    expect([view.written[0], view.written[2]]).toEqual(rows);
    const x = view.values.map((data, i) => ({ data, shape: [1, ...model.network.inputs[i]!.shape] }));
    const all = await inspect.activations(model, x, REFERENCE);
    expectNear(view.outputs[0]!.probabilities, all.results[0]!.values);
  });

  it('go in as they are written where what was stored does not fit', async () => {
    const model = make();
    const record = JSON.stringify({ data: { classes: [], columns: { facts: more, photo: more } } });
    const config = JSON.stringify(model.toConfig());
    const weights = new Uint8Array(await saveWeights(model));
    await networkHandlers['network/load']({ id: 'file', config, record, weights, where: 'test' });
    const sources = [{ values: [14, 26] }, { example: 1 }, { values: [4] }];
    const view = (await insideHandlers['inside/look']({ network: 'file', sources }))!;
    expect(view.inputs.map(({ columns }) => columns)).toEqual([undefined, undefined, undefined]);
    expect([...view.values[0]!, ...view.values[2]!]).toEqual([14, 26, 4]);
  });
});

describe('a network in training on drawn digits', () => {
  it('takes drawings as digits, cut out and with bright ink', async () => {
    await trainingHandlers['train/data']({ kind: 'digits', seed: 1, count: 60 });
    const layers = [{ type: 'flatten' }, { type: 'dense', units: 10, activation: 'softmax' }];
    await trainingHandlers['train/reset']({ ...settings, layers });
    const [input] = await insideHandlers['inside/inputs']('training');
    expect(input).toMatchObject({ kind: 'digit', columns: undefined });
    const [width, height] = [40, 40];
    const data = new Uint8ClampedArray(width * height * 4).fill(255);
    for (let y = 8; y < 32; y++) data.set([0, 0, 0, 255, 0, 0, 0, 255], 4 * (y * width + 20));
    const source = { image: { data, width, height } };
    const view = (await insideHandlers['inside/look']({ network: 'training', sources: [source] }))!;
    const values = view.values[0]!;
    expect(values[0]).toBe(0);
    expect(Math.max(...values)).toBeGreaterThan(0.9);
    expect(values.reduce((a, b) => a + b, 0) / values.length).toBeLessThan(0.2);
  });
});
