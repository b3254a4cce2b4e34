import { model as functional, inspect, layers, type Model, sequential, standardizeRow } from 'fathom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goTo, numberIn, openModel, PRINTED, shot, tableModel, wave } from './insideRoom.ts';
import { chromiumPath, type Lab, startLab, violations } from './lab.ts';

const { add, batchNormalization, bidirectional, conv2d, dense, embedding, input, lstm } = layers;
const REFERENCE = { backend: 'reference' } as const;

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
    make: tableModel,
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

/** Rows and columns of the large picture of a layer. */
function sizeOf(model: Model, { layer }: Case): [number, number] {
  const { nodes } = inspect.describeNetwork(model);
  const shape = nodes.find(({ id }) => id === layer)!.outputShape;
  return shape.length === 2 ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!];
}
