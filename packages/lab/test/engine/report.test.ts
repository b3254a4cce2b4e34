import { loadWeights, meanAndStd, modelFromConfig, standardizeRow } from 'fathom';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { trainingHandlers } from '../../src/engine/training.ts';

/** Numbers of several sizes, with digits that float32 does not keep. */
const ROWS = Array.from({ length: 60 }, (_, i) => [
  5.1 + 0.1 * (i % 9),
  123_456.789 + i,
  1e-7 * i,
  2 ** 40 + i,
]);
const NAMES = ['width', 'income', 'share', 'id'];
/** Which no network tells from the columns. */
const kindOf = (i: number) => (i % 3 === 0 ? 'left' : 'right');
const TABLE = `${NAMES.join(',')},kind\n${ROWS.map((row, i) => `${row.join(',')},${kindOf(i)}`).join('\n')}\n`;

beforeAll(() => {
  vi.stubGlobal('navigator', { hardwareConcurrency: 2 });
  vi.stubGlobal('self', { postMessage: () => {} });
});
afterAll(() => vi.unstubAllGlobals());

it('mistakes of a table are rows as they stand in the file, of which the network takes the standardized ones', async () => {
  const file = new File([TABLE], 'people.csv');
  const { columns, classes } = await trainingHandlers['train/data']({ kind: 'csv', file, seed: 1 });
  expect(columns).toEqual(NAMES);
  await trainingHandlers['train/reset']({
    layers: [{ type: 'dense', units: 2, activation: 'softmax' }],
    ...{ loss: 'sparseCategoricalCrossentropy', optimizer: 'adam', learningRate: 0.001, batchSize: 8 },
    ...{ seed: 3, l2: 0, patience: 0 },
  });
  const { mistakes, steps } = await trainingHandlers['train/step'](null);
  expect(mistakes.length).toBeGreaterThan(0);

  const files = await trainingHandlers['train/export']({ steps, lab: null });
  const bytes = (name: string) => files.find((one) => one.name === name)!.bytes;
  const config = JSON.parse(new TextDecoder().decode(bytes('model.json')));
  const model = modelFromConfig({ ...config, compile: null });
  await loadWeights(model, bytes('weights.safetensors'), 'weights');
  const statistics = NAMES.map((name, at) => ({ name, ...meanAndStd(ROWS.map((row) => row[at]!)) }));

  for (const { content, label, predicted, confidence } of mistakes) {
    const row = content as readonly number[];
    const at = ROWS.findIndex(([, income]) => income === row[1]);
    expect(row).toEqual(ROWS[at]);
    expect(classes[label]).toBe(kindOf(at));
    const { data } = await model.predict({ data: standardizeRow(row, statistics), shape: [1, 4] });
    expect(data[predicted]).toBeCloseTo(confidence, 6);
  }
});
