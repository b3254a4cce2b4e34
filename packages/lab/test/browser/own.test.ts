import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { dense, encodeIdx, flatten, saveWeights, sequential, syntheticDigits } from 'fathom';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, type Lab, startLab, violations } from './lab.ts';
import { ready, stepOnce } from './training.ts';

describe.skipIf(chromiumPath === undefined)('what users bring along', () => {
  let folder: string;
  let lab: Lab;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fathom-lab-'));
    await Promise.all([saveRun(join(folder, 'run')), saveMnist(join(folder, 'data/mnist'))]);
    lab = await startLab({ run: join(folder, 'run'), data: join(folder, 'data') });
  });
  afterAll(async () => {
    await lab?.close();
    await rm(folder, { recursive: true });
  });

  it('a run of fathom train is there to draw for', async () => {
    const { page, troubles } = await lab.open('#/draw?network=run&example=4.1');
    await page.locator('option[value=run]').waitFor({ state: 'attached' });
    expect(await page.getByRole('combobox', { name: 'Network' }).inputValue()).toBe('run');
    // Its bias alone speaks: it says "two" to everything, in the words of its run.json.
    await page.locator('.answer', { hasText: /^two$/ }).waitFor();
    await page.getByText('7,850 parameters').waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('MNIST on this machine can be trained on, and its test set is left alone', async () => {
    const { page, troubles } = await lab.open('#/train?data=mnist&layers=flatten,dense_10_softmax');
    await page.getByText('540 to train on, 60 to validate with, each [28, 28, 1], 10 classes').waitFor();
    await page.getByText('The 50 test pictures are left alone').waitFor();
    await ready(page);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('pictures in folders become classes, and files that are none are named', async () => {
    const { page, troubles } = await lab.open('#/train?samples=1000&layers=flatten,dense_10_softmax');
    await ready(page);
    const pictures = join(folder, 'pictures');
    const svgs = await drawPictures(page, 20);
    for (const [name, files] of Object.entries(svgs)) {
      await mkdir(join(pictures, name), { recursive: true });
      for (const [i, bytes] of files.entries())
        await writeFile(join(pictures, name, `${i}.png`), Buffer.from(bytes));
    }
    await writeFile(join(pictures, 'bars', 'broken.png'), 'no picture');
    await writeFile(join(pictures, 'bars', 'notes.txt'), 'no picture either');
    await page.getByLabel('Folder of pictures …').setInputFiles(pictures);
    await page.getByText('32 to train on, 8 to validate with, each [28, 28, 1], 2 classes').waitFor();
    await page.getByText(/1 files were no pictures and are left out, as .*broken\.png/).waitFor();
    await page.getByRole('button', { name: 'End it in 2 units' }).click();
    await ready(page);
    await page.getByRole('button', { name: '▶ Train' }).click();
    await page.locator('[data-testid=accuracy]', { hasText: '100.0 %' }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('mistakes of a table are shown as its rows stand in the file', async () => {
    const { page, troubles } = await lab.open('#/train?samples=1000&layers=dense_2_softmax');
    // Both classes have the same rows: half of the answers are wrong whatever is said.
    const kinds = ['odd', 'even'];
    const rows = Array.from(
      { length: 60 },
      (_, i) => `5.1,123456.789,0.25,${(i >> 1) % 7},-40,${kinds[i % 2]}`,
    );
    const table = `sepal width,income,share,age,depth,class\n${rows.join('\n')}\n`;
    await page
      .getByLabel('IDX or CSV files …')
      .setInputFiles({ name: 'table.csv', mimeType: 'text/csv', buffer: Buffer.from(table) });
    await page.getByText('48 to train on, 12 to validate with, each [5], 2 classes').waitFor();
    await ready(page);
    const mistakes = page.getByRole('region', { name: 'Worst mistakes' });
    await mistakes.getByText('the rows as they stand in the file', { exact: false }).waitFor();
    const first = mistakes.getByRole('listitem').first();
    expect(await first.innerText()).toMatch(
      /sepal width\s*5\.1\s*income\s*123456\.789\s*share\s*0\.25\s*age\s*\d\s*1 more/,
    );
    await first.getByText('1 more').click();
    expect(await first.innerText()).toMatch(/depth\s*-40/);
    expect(await violations(page)).toEqual([]);
    // They are there as they were for somebody who comes back from another room.
    await stepOnce(page, 1);
    await page.getByRole('link', { name: 'Draw' }).click();
    await page.getByRole('link', { name: 'Train' }).click();
    await page.getByText('48 to train on, 12 to validate with, each [5], 2 classes').waitFor();
    expect(await page.getByTestId('steps').innerText()).toBe('1');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('a case that goes wrong on purpose puts them away, and they end it', async () => {
    const { page, troubles } = await lab.open(
      '#/train?samples=1000&optimizer=sgd&rate=7&batch=8&seed=4&layers=flatten,dense_10_softmax',
    );
    await ready(page);
    const table = `a,b,class\n${Array.from({ length: 60 }, (_, i) => `${i},${i % 5},${i % 2 ? 'odd' : 'even'}`).join('\n')}\n`;
    const load = (name: string, content: string) =>
      page
        .getByLabel('IDX or CSV files …')
        .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) });
    await load('table.csv', table);
    await page.getByText('48 to train on, 12 to validate with, each [2], 2 classes').waitFor();
    const choice = page.getByLabel('See on purpose');
    await choice.selectOption('Overfitting');
    await page.getByRole('status').getByText('table.csv is put away', { exact: false }).waitFor();
    await page.getByText('450 to train on, 50 to validate with').waitFor();
    await page.locator('[data-testid=parameters]', { hasText: '407,050' }).waitFor();
    await ready(page);
    // Nor do settings of before go into it.
    await expect
      .poll(() => [...new URLSearchParams(page.url().split('?')[1]).keys()].sort())
      .toEqual(['case', 'layers', 'samples']);
    await stepOnce(page, 1);
    expect(await page.getByRole('alert').count()).toBe(0);
    await load('other.csv', table);
    await page.getByText('48 to train on, 12 to validate with, each [2], 2 classes').waitFor();
    expect(await choice.inputValue()).toBe('');
    // Also after files that are no data.
    await load('broken.csv', 'nothing');
    await page.getByRole('alert').getByText('this table cannot be learned from').waitFor();
    await choice.selectOption('Underfitting');
    await page.getByText('3,600 to train on, 400 to validate with').waitFor();
    await ready(page);
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

/** A perceptron that says 2 whatever it sees. */
async function saveRun(path: string): Promise<void> {
  const model = sequential([
    flatten({ inputShape: [28, 28, 1] }),
    dense({ units: 10, activation: 'softmax' }),
  ]);
  model.setWeights([new Float32Array(7840), Float32Array.from({ length: 10 }, (_, i) => (i === 2 ? 5 : 0))]);
  const classes = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'model.json'), JSON.stringify(model.toConfig()));
  await writeFile(join(path, 'weights.safetensors'), await saveWeights(model));
  await writeFile(join(path, 'run.json'), JSON.stringify({ data: { classes } }));
}

/** Drawn digits in MNIST's four files. */
async function saveMnist(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  for (const [prefix, count, seed] of [['train', 600, 1] as const, ['t10k', 50, 2] as const]) {
    const { images, labels } = syntheticDigits({ count, seed });
    const write = (name: string, shape: number[], values: Uint8Array) =>
      writeFile(join(path, `${prefix}-${name}.gz`), gzipSync(encodeIdx('uint8', shape, values)));
    await write('images-idx3-ubyte', [count, 28, 28], images);
    await write('labels-idx1-ubyte', [count], labels);
  }
}

/** PNG files of upright and of level bars, made by the browser. */
function drawPictures(page: Page, count: number): Promise<Record<string, number[][]>> {
  return page.evaluate(async (each) => {
    const draw = async (left: number, top: number, width: number, height: number) => {
      const canvas = new OffscreenCanvas(60, 40);
      const context = canvas.getContext('2d')!;
      context.fillStyle = 'white';
      context.fillRect(left, top, width, height);
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
    };
    const numbers = Array.from({ length: each }, (_, i) => i);
    return {
      bars: await Promise.all(numbers.map((i) => draw(14 + i, 0, 6, 40))),
      beams: await Promise.all(numbers.map((i) => draw(0, 5 + i, 60, 6))),
    };
  }, count);
}
