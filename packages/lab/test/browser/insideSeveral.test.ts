import { model as functional, inspect, layers, losses, type Model } from 'fathom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesOf, goTo, numberIn, openModel, PRINTED, shot, tableModel, wave } from './insideRoom.ts';
import { chromiumPath, type Lab, startLab, violations } from './lab.ts';

const { conv2d, dense, input } = layers;
const REFERENCE = { backend: 'reference' } as const;

describe.skipIf(chromiumPath === undefined)('the room Look inside, with several inputs and outputs', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
  });
  afterAll(() => lab?.close());

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
          // From a copy: what is read again and again must say so, and the room's canvas is only drawn on.
          const { width, height } = element;
          const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
          copy.drawImage(element, 0, 0);
          const { data } = copy.getImageData(0, 0, width, height);
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
    await openModel(page, tableModel());
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
