import {
  model as functional,
  inspect,
  layers,
  losses,
  type Model,
  saveWeights,
  sequential,
  standardizeRow,
} from 'fathom';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, type Lab, startLab, violations } from './lab.ts';

const { add, batchNormalization, bidirectional, conv2d, dense, embedding, input, lstm } = layers;
const REFERENCE = { backend: 'reference' } as const;
/** The page prints four decimals. */
const PRINTED = 6e-5;

/** A model of a kind, a sample for it, and a number that is reached by clicks. */
interface Case {
  readonly make: () => Model;
  readonly values: readonly number[];
  readonly layer: string;
  readonly place: readonly number[];
  /** The map in the drawing on which to click, and in the large picture of it. */
  readonly map: string | undefined;
  readonly cell: { readonly row: number; readonly column: number } | undefined;
}

const wave = (count: number) =>
  Array.from({ length: count }, (_, i) => Math.round(50 + 49 * Math.sin(i * i)) / 100);

const CASES: Readonly<Record<string, Case>> = {
  'a colour picture': {
    make: () =>
      sequential(
        [
          conv2d({ filters: 4, kernelSize: 3, activation: 'relu', inputShape: [10, 12, 3] }),
          layers.averagePooling2d(),
          layers.flatten(),
          dense({ units: 3, activation: 'softmax' }),
        ],
        { name: 'colours', seed: 4 },
      ),
    values: wave(360),
    layer: 'conv2d',
    place: [3, 5, 2],
    map: 'conv2d, map 2: 8 by 10',
    cell: { row: 3, column: 5 },
  },
  'a residual network': {
    make: () => {
      const x = input({ shape: [8, 8, 3] });
      const start = conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' })(x);
      const y = batchNormalization()(conv2d({ filters: 4, kernelSize: 3, padding: 'same' })(start));
      const joined = layers.relu()(add()([y, start]));
      const pooled = layers.globalAveragePooling2d()(joined);
      const outputs = dense({ units: 3, activation: 'softmax' })(pooled);
      return functional({ inputs: x, outputs, name: 'residual', seed: 4 }) as Model;
    },
    values: wave(192),
    layer: 'add',
    place: [2, 6, 1],
    map: 'add, map 1: 8 by 8',
    cell: { row: 2, column: 6 },
  },
  'rows of a table': {
    make: () =>
      sequential(
        [
          dense({ units: 6, activation: 'tanh', inputShape: [4] }),
          dense({ units: 3, activation: 'softmax' }),
        ],
        { name: 'table', seed: 4 },
      ),
    values: [5.1, 3.5, 1.4, 0.2],
    layer: 'dense',
    place: [3],
    map: 'dense, 3 ',
    cell: undefined,
  },
  'words and an LSTM': {
    make: () => {
      const tokens = input({ shape: [7], dtype: 'int32' });
      const read = embedding({ inputDim: 20, outputDim: 4, maskZero: true })(tokens);
      const steps = lstm({ units: 5, returnSequences: true })(read);
      const both = bidirectional({ layer: lstm({ units: 3 }) })(steps);
      const outputs = dense({ units: 3, activation: 'softmax' })(both);
      return functional({ inputs: tokens, outputs, name: 'words', seed: 4 }) as Model;
    },
    values: [4, 11, 2, 19, 7, 0, 0],
    layer: 'lstm',
    place: [3, 2],
    map: 'lstm: 7 steps of 5 features',
    cell: { row: 2, column: 3 },
  },
};

describe.skipIf(chromiumPath === undefined)('the room Look inside, with models of every kind', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
  });
  afterAll(() => lab?.close());

  it.each(Object.entries(CASES))('goes down to one number of %s', async (name, one) => {
    const model = one.make();
    const { page, troubles } = await lab.open('#/inside');
    await openModel(page, model);
    await goTo(page, { network: 'file', x: one.values.join(',') });
    await page.getByText('It says').waitFor();
    await shot(page, name, 'network');
    const x = { data: Float32Array.from(one.values), shape: [1, ...model.inputShape!] };
    const cell = await inspect.explainCell(model, x, one.layer, one.place, REFERENCE);
    await page.getByRole('button', { name: one.map!, exact: one.cell !== undefined }).click();
    if (one.cell) {
      const map = page.getByRole('button', { name: /number by number/ });
      const box = (await map.boundingBox())!;
      const [rows, columns] = sizeOf(model, one);
      await map.click({
        position: {
          x: ((one.cell.column + 0.5) * box.width) / columns,
          y: ((one.cell.row + 0.5) * box.height) / rows,
        },
      });
    }
    await page.locator('[data-level=cell] [data-testid=total]').first().waitFor();
    await page.waitForURL(new RegExp(`at=${one.place.join(',')}`));
    expect(Math.abs((await numberIn(page, 'total')) - cell.sum!)).toBeLessThan(PRINTED);
    expect(Math.abs((await numberIn(page, 'library')) - cell.value)).toBeLessThan(1e-5);
    await shot(page, name, 'cell');
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('goes backward through an LSTM, where the sum, the library and a small step agree', async () => {
    const { page, troubles } = await lab.open('#/inside');
    await openModel(page, CASES['words and an LSTM']!.make());
    const values = CASES['words and an LSTM']!.values.join(',');
    await goTo(page, {
      network: 'file',
      x: values,
      way: 'backward',
      label: '1',
      layer: 'embedding',
      at: '2,1',
    });
    await page.getByTestId('check').waitFor();
    const [sum, library, check] = [
      await numberIn(page, 'total'),
      await numberIn(page, 'library'),
      await numberIn(page, 'check'),
    ];
    expect(Math.abs(sum - library)).toBeLessThan(PRINTED);
    expect(Math.abs(check - library)).toBeLessThan(1e-5);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('takes numbers that are typed, a table and a picture of one’s own', async () => {
    const { page, troubles } = await lab.open('#/inside');
    const table = CASES['rows of a table']!;
    await openModel(page, table.make());
    await page.getByRole('spinbutton', { name: 'x 2' }).fill('1.25');
    await page.keyboard.press('Enter');
    await page.waitForURL(/x=[^&]*,1\.25,/);
    const csv = 'a,b,c,d,kind\n1,2,3,4,one\n5,6,7,8,two\n';
    const file = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
    await page.getByLabel('Own CSV …').setInputFiles(file('rows.csv', csv));
    await page.waitForURL(/x=1,2,3,4/);
    await page.getByRole('spinbutton', { name: 'Row of rows.csv' }).fill('1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/x=5,6,7,8/);
    await page.getByLabel('Own CSV …').setInputFiles(file('short.csv', 'a,b\n1,2\n'));
    await page.getByText('expected rows of 4 numbers, or 4 numbers in all').waitFor();
    await openModel(page, CASES['a colour picture']!.make());
    await page.getByLabel('Own picture …').setInputFiles(file('no.png', 'no picture'));
    await page.getByText('no.png is no picture').waitFor();
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
      'base64',
    );
    await page
      .getByLabel('Own picture …')
      .setInputFiles({ name: 'red.png', mimeType: 'image/png', buffer: png });
    await page.getByText('own picture', { exact: true }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('standardizes the rows of a table as training did, and says where it does not know how', async () => {
    const { page, troubles } = await lab.open('#/inside');
    const model = CASES['rows of a table']!.make();
    const names = ['sepal length', 'sepal width', 'petal length', 'petal width'];
    const columns = names.map((name, i) => ({ name, mean: 5 - i, std: 0.5 + 0.25 * i }));
    const classes = ['setosa', 'versicolor', 'virginica'];
    await openModel(page, model, { data: { classes, columns } });
    const csv = `kind,${[...names].reverse().join(',')}\n2,0.2,1.4,3.5,5.1\n1,1.8,6.3,2.9,7.3\n`;
    const file = { name: 'iris.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) };
    await page.getByLabel('Own CSV …').setInputFiles(file);
    await page.getByRole('spinbutton', { name: 'Row of iris.csv' }).fill('1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/x=7\.3,2\.9,6\.3,1\.8/);
    const row = [7.3, 2.9, 6.3, 1.8];
    expect(await page.getByRole('spinbutton', { name: 'petal length' }).inputValue()).toBe('6.3');
    const taken = standardizeRow(row, columns);
    // (6.3 − 3) / 1 and (1.8 − 2) / 1.25, beside the numbers that were written.
    expect([taken[2]!.toFixed(2), taken[3]!.toFixed(2)]).toEqual(['3.30', '-0.16']);
    await page.getByText('→ 3.3', { exact: true }).waitFor();
    await page.getByText('→ −0.16', { exact: true }).waitFor();
    await page.getByText('standardized by its column, as in training').waitFor();
    const all = await inspect.activations(model, { data: taken, shape: [1, 4] }, REFERENCE);
    const { probabilities } = inspect.answers(model, all, classes)[0]!;
    const best = probabilities.indexOf(Math.max(...probabilities));
    await page.getByText(`It says ${classes[best]}, ${(100 * probabilities[best]!).toFixed(1)} %`).waitFor();
    await shot(page, 'standardized', 'network');
    expect(await violations(page)).toEqual([]);
    // Of weights alone nothing is known.
    await openModel(page, model);
    await page.getByText('Nothing is known of how the columns were scaled for training').waitFor();
    expect(await page.getByText('standardized by its column').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows several inputs and outputs: a sample for each, and the output that one chooses', async () => {
    const { page, troubles } = await lab.open('#/inside');
    const model = pictureAndRow();
    await openModel(page, model);
    await page.getByRole('region', { name: 'Input row' }).waitFor();
    const row = [0.5, -1, 2, 0.25];
    const picture = wave(108);
    await goTo(page, { network: 'file', x: picture.join(','), 'x.1': row.join(','), output: '1' });
    const x = [picture, row].map((values, i) => ({
      data: Float32Array.from(values),
      shape: [1, ...model.network.inputs[i]!.shape],
    }));
    const all = await inspect.activations(model, x, REFERENCE);
    const [, found] = inspect.answers(model, all);
    const yes = found!.probabilities[1]!;
    const share = (100 * Math.max(yes, 1 - yes)).toFixed(1);
    await page.getByText(`It says ${yes > 0.5 ? 'yes' : 'no'}, ${share} %`).waitFor();
    await page.getByText('training adds up the losses of all outputs').waitFor();
    await shot(page, 'several', 'network');
    // Each input is changed by itself.
    const inputs = page.getByRole('region', { name: 'Input row' });
    await inputs.getByRole('spinbutton', { name: 'x 2' }).fill('-1.5');
    await page.keyboard.press('Enter');
    await page.waitForURL(/x\.1=0\.5,-1,-1\.5,0\.25/);
    row[2] = -1.5;
    x[1]!.data[2] = -1.5;
    // The other output, and a number of it, written out.
    await page.getByRole('combobox', { name: 'Output' }).selectOption('box');
    await page.getByText('It gives').waitFor();
    await page.getByRole('button', { name: /^box, 3 / }).click();
    await page.locator('[data-level=cell] [data-testid=total]').first().waitFor();
    const cell = await inspect.explainCell(model, x, 'box', [3], REFERENCE);
    expect(Math.abs((await numberIn(page, 'total')) - cell.sum!)).toBeLessThan(PRINTED);
    // Backward, the gradients are those of that output's loss.
    await page.getByRole('button', { name: 'Backward' }).click();
    await page.getByText('mean of (y − target)² over 4 numbers').waitFor();
    await page.getByText('Nothing is known of how this network was trained: L is the default').waitFor();
    await page.getByTestId('check').waitFor();
    const target = { data: new Float32Array(4), shape: [1, 4] };
    const options = { ...REFERENCE, output: 2, loss: 'meanSquaredError' } as const;
    const { layers: own } = await inspect.gradients(model, x, target, options);
    const slope = own.find(({ id }) => id === 'box')!.gradient![3]!;
    expect(Math.abs((await numberIn(page, 'library')) - slope)).toBeLessThan(1e-5);
    expect(Math.abs((await numberIn(page, 'check')) - slope)).toBeLessThan(1e-4);
    await shot(page, 'several', 'backward');
    // What the loss of this output does not come from has no gradient.
    await page.locator('[data-layer=kind]').getByText('no gradient here').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Next example for picture' }).click();
    await page.waitForURL(/example=0/);
    expect(new URL(page.url()).hash).toContain('x.1=');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('lays over a picture where a convolution speaks for an answer, and says where there is no such thing', async () => {
    const { page, troubles } = await lab.open('#/inside');
    await page.getByText('It says').waitFor();
    await page.getByText('Where it sees that: grad-CAM').click();
    await page.getByRole('img', { name: /^Grad-CAM of conv2d_1 in input for 3$/ }).waitFor();
    await page.waitForURL(/cam=1/);
    await page.getByRole('combobox', { name: 'What speaks for' }).selectOption('8');
    await page.getByRole('img', { name: 'Grad-CAM of conv2d_1 in input for 8' }).waitFor();
    await shot(page, 'grad-cam', 'digit');
    const model = pictureAndRow();
    await openModel(page, model);
    const [picture, row] = [wave(108), [0.5, -1, 2, 0.25]];
    const at = { network: 'file', x: picture.join(','), 'x.1': row.join(','), cam: '1' };
    await goTo(page, { ...at, output: '1', for: '1' });
    const over = page.getByRole('img', { name: 'Grad-CAM of conv2d in picture for yes' });
    await over.waitFor();
    await page.getByText('row is no picture: grad-CAM tells where in a picture').waitFor();
    const x = [picture, row].map((values, i) => ({
      data: Float32Array.from(values),
      shape: [1, ...model.network.inputs[i]!.shape],
    }));
    // What covers a place of the picture is its heat.
    const covers = () =>
      over
        .locator('canvas')
        .last()
        .evaluate((element: HTMLCanvasElement) => {
          const { width, height } = element;
          const { data } = element.getContext('2d')!.getImageData(0, 0, width, height);
          return Array.from({ length: width * height }, (_, i) => data[4 * i + 3]! / 255);
        });
    const isHeat = async (found: () => Promise<number[]>, against: boolean) => {
      const { heat } = await inspect.gradCam(model, x, 0, { ...REFERENCE, output: 1, against });
      expect(Math.max(...heat)).toBeGreaterThan(0);
      await expect
        .poll(async () => Math.max(...(await found()).map((cover, i) => Math.abs(cover - 0.8 * heat[i]!))))
        .toBeLessThan(0.01);
    };
    await isHeat(covers, false);
    await shot(page, 'grad-cam', 'several');
    expect(await violations(page)).toEqual([]);
    await page.getByRole('combobox', { name: 'What speaks for' }).selectOption('no');
    const other = page.getByRole('img', { name: 'Grad-CAM of conv2d in picture for no' });
    await other.waitFor();
    // Rows of a table alone have no where.
    await openModel(page, CASES['rows of a table']!.make());
    await page.getByText('input is no picture: grad-CAM tells where in a picture').waitFor();
    expect(await page.getByTestId('cam').count()).toBe(0);
    await shot(page, 'grad-cam', 'none');
    await page.getByText('Where it sees that: grad-CAM').click();
    await page.waitForURL((url) => !url.hash.includes('cam='));
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('standardizes the rows of each input of several by its own columns', async () => {
    const { page, troubles } = await lab.open('#/inside');
    const model = pictureAndRow();
    const columns = ['a', 'b', 'c', 'd'].map((name, i) => ({ name, mean: i, std: 1 + i }));
    await openModel(page, model, { data: { classes: [], columns: { row: columns } } });
    const csv = 'd,c,b,a\n1,2,3,4\n5,8,2,9\n';
    const inputs = page.getByRole('region', { name: 'Input row' });
    const file = { name: 'rows.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) };
    await inputs.getByLabel('Own CSV …').setInputFiles(file);
    await page.waitForURL(/x\.1=4,3,2,1/);
    await inputs.getByRole('spinbutton', { name: 'Row of rows.csv' }).fill('1');
    await page.keyboard.press('Enter');
    await page.waitForURL(/x\.1=9,2,8,5/);
    expect(await inputs.getByRole('spinbutton', { name: 'c', exact: true }).inputValue()).toBe('8');
    // (9 − 0) / 1, (2 − 1) / 2, (8 − 2) / 3 and (5 − 3) / 4.
    for (const taken of ['→ 9', '→ 0.5', '→ 2', '→ 0.5']) {
      await inputs.getByText(taken, { exact: true }).first().waitFor();
    }
    await inputs.getByText('standardized by its column, as in training').waitFor();
    await shot(page, 'several-standardized', 'network');
    expect(await violations(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('goes backward from the loss that each output was trained with, and says which it is', async () => {
    const { page, troubles } = await lab.open('#/inside');
    const model = pictureAndRow();
    model.compile({
      loss: [losses.sparseCategoricalCrossentropy(), null, losses.huber({ delta: 0.5 })] as never,
      lossWeights: [0.25, 1, 3],
      ...REFERENCE,
    });
    await openModel(page, model);
    const [picture, row] = [wave(108), [0.5, -1, 2, 0.25]];
    const at = { network: 'file', x: picture.join(','), 'x.1': row.join(','), way: 'backward' };
    const x = [picture, row].map((values, i) => ({
      data: Float32Array.from(values),
      shape: [1, ...model.network.inputs[i]!.shape],
    }));
    await goTo(page, { ...at, label: '2', layer: 'kind', at: '1' });
    await page.getByText('L is the loss that the network is trained with').waitFor();
    await page.getByText('times 0.25, what it counts in the sum of all losses').waitFor();
    await page.getByText('L = 0.25 · (−ln p) = ').waitFor();
    await page.getByTestId('check').waitFor();
    const all = await inspect.gradients(model, x, 2, REFERENCE);
    const slope = all.layers.find(({ id }) => id === 'kind')!.preActivationGradient![1]!;
    expect(await page.getByTestId('sum').innerText()).toMatch(/^0\.25·\(p − y\) = 0\.25·\(/);
    expect(Math.abs((await numberIn(page, 'total')) - slope)).toBeLessThan(PRINTED);
    expect(Math.abs((await numberIn(page, 'library')) - slope)).toBeLessThan(1e-6);
    expect(Math.abs((await numberIn(page, 'check')) - slope)).toBeLessThan(1e-4);
    await shot(page, 'trained-loss', 'backward');
    await goTo(page, { ...at, output: '2', label: '1', layer: 'box', at: '3' });
    await page.getByText('huber, delta 0.5, times 3, what it counts').waitFor();
    const target = { data: new Float32Array(4).fill(1), shape: [1, 4] };
    const box = await inspect.gradients(model, x, target, { ...REFERENCE, output: 2 });
    const own = box.layers.find(({ id }) => id === 'box')!.gradient![3]!;
    await expect.poll(() => numberIn(page, 'library')).toBeCloseTo(own, 5);
    expect(Math.abs((await numberIn(page, 'check')) - own)).toBeLessThan(1e-4);
    await goTo(page, { ...at, output: '1' });
    await page.getByText('This output was not trained, it has no loss').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('says in a line that a drawing is no sample for several inputs', async () => {
    const { page } = await lab.open('#/draw?example=3.1');
    const file = page.getByLabel(/run/i);
    await file.first().setInputFiles(await filesOf(pictureAndRow()));
    await page.getByText('has 2 inputs and 3 outputs, and a drawing is one input with one answer').waitFor();
    await page.close();
  });

  it('follows a network while it learns', async () => {
    const { page, troubles } = await lab.open('#/train');
    await page.getByRole('button', { name: '▶ Train' }).click({ timeout: 30_000 });
    await page.getByRole('link', { name: 'Look inside', exact: true }).last().click();
    await page.getByText('It says').waitFor();
    const values = () => page.locator('[data-layer]').last().locator('.number').allInnerTexts();
    const first = await values();
    await expect.poll(async () => (await values()).join() !== first.join(), { timeout: 15_000 }).toBe(true);
    // Down at one number, the sum is that of the weights of the moment.
    await page.locator('[data-layer]').last().getByRole('button').first().click();
    await page.getByTestId('total').waitFor();
    const seen = await page.getByTestId('total').innerText();
    await expect
      .poll(async () => (await page.getByTestId('total').innerText()) !== seen, { timeout: 15_000 })
      .toBe(true);
    expect(await page.getByText('cannot be written out').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

/** A picture and a row in; a class, yes or no, and a box out. */
function pictureAndRow(): Model {
  const picture = input({ shape: [6, 6, 3], name: 'picture' });
  const row = input({ shape: [4], name: 'row' });
  const maps = conv2d({ filters: 3, kernelSize: 3, activation: 'relu' })(picture);
  const joined = layers.concatenate()([layers.flatten()(maps), dense({ units: 5, activation: 'tanh' })(row)]);
  const kind = dense({ units: 3, activation: 'softmax', name: 'kind' })(joined);
  const found = dense({ units: 1, activation: 'sigmoid', name: 'found' })(joined);
  const box = dense({ units: 4, name: 'box' })(joined);
  const outputs = [kind, found, box];
  return functional({ inputs: [picture, row], outputs, name: 'several', seed: 3 }) as never;
}

async function openModel(page: Page, model: Model, record?: unknown): Promise<void> {
  await page.getByLabel('Open a run …').setInputFiles(await filesOf(model, record));
  await page.waitForURL(/network=file/);
}

/** The files of a run; without a record, of a model alone. */
async function filesOf(model: Model, record?: unknown) {
  const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/octet-stream', buffer });
  return [
    file('model.json', Buffer.from(JSON.stringify(model.toConfig()))),
    file('weights.safetensors', Buffer.from(await saveWeights(model))),
    ...(record ? [file('run.json', Buffer.from(JSON.stringify(record)))] : []),
  ];
}

async function goTo(page: Page, query: Readonly<Record<string, string>>): Promise<void> {
  const text = new URLSearchParams(query).toString();
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/inside?${text}`);
}

/** Rows and columns of the large picture of a layer. */
function sizeOf(model: Model, { layer }: Case): [number, number] {
  const { nodes } = inspect.describeNetwork(model);
  const shape = nodes.find(({ id }) => id === layer)!.outputShape;
  return shape.length === 2 ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!];
}

async function numberIn(page: Page, id: string): Promise<number> {
  const text = (await page.getByTestId(id).first().innerText())
    .trim()
    .replaceAll('−', '-')
    .replace(/[()]/g, '');
  const [mantissa, power] = text.split('·10');
  const digits = power
    ?.replace('⁻', '-')
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (digit) => String('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(digit)));
  return Number(mantissa) * 10 ** Number(digits ?? 0);
}

async function shot(page: Page, name: string, level: string): Promise<void> {
  if (!process.env.SHOTS) return;
  await page.waitForTimeout(400);
  for (const dark of [false, true]) {
    await page.evaluate(
      (theme) => {
        document.documentElement.dataset.theme = theme;
      },
      dark ? 'dark' : 'light',
    );
    for (const width of [1280, 820]) {
      await page.setViewportSize({ width, height: 1000 });
      await page.waitForTimeout(250);
      await page.screenshot({
        path: `${process.env.SHOTS}/${name.replaceAll(' ', '-')}-${level}-${width}-${dark ? 'dark' : 'light'}.png`,
        fullPage: true,
      });
    }
  }
  await page.setViewportSize({ width: 1280, height: 1000 });
}
