import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { layers, lenet5, saveWeights, sequential } from 'fathom';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EpochFigures } from '../../src/engine/epochLog.ts';
import { encodeStack, PRESETS } from '../../src/rooms/train/stack.ts';
import { chromiumPath, type Lab, startLab, violations } from './lab.ts';
import { LONG_MS, ready, saveRun, scrubTo, stepOnce, weightsOf } from './training.ts';

const FATHOM = fileURLToPath(new URL('../../../cli/bin/fathom.mjs', import.meta.url));
const LENET = encodeStack(PRESETS.find(({ id }) => id === 'lenet5')!.layers(10));
/** Masks of dropout, running statistics, slots of Adam: all that a step depends on. */
const EVERYTHING = 'flatten,dense_12_relu,batchNormalization,dropout_0.25,dense_10_softmax';
const run = promisify(execFile);

describe.skipIf(chromiumPath === undefined)('the moments of a training', () => {
  let lab: Lab;
  let folder: string;
  beforeAll(async () => {
    lab = await startLab();
    folder = await mkdtemp(join(tmpdir(), 'fathom-lab-'));
  });
  afterAll(async () => {
    await lab?.close();
    await rm(folder, { recursive: true });
  });

  const unpack = async (name: string, files: ReadonlyMap<string, Uint8Array>): Promise<string> => {
    const path = join(folder, name);
    await mkdir(path);
    for (const [file, bytes] of files) await writeFile(join(path, file), bytes);
    return path;
  };
  const fathom = async (...args: string[]): Promise<Record<string, unknown>> => {
    const backend = ['train', 'eval'].includes(args[0]!) && !args.includes('--resume');
    const options = [...(backend ? ['--backend', 'wasm'] : []), '--json'];
    const { stdout } = await run(process.execPath, [FATHOM, ...args, ...options]);
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  it(
    'comes to the bits of fathom train, which tests what is saved',
    async () => {
      const { page, troubles } = await lab.open(`#/train?samples=300&seed=3&layers=${LENET}`);
      await ready(page);
      await page.getByText('270 to train on, 30 to validate with').waitFor();
      // An epoch: 8 batches of 32, and what is left.
      for (let step = 1; step <= 9; step++) await stepOnce(page, step);
      const { files } = await saveRun(page);
      const settings = ['--limit', '300', '--seed', '3', '--epochs', '1'];
      const trained = await fathom('train', 'digits', ...settings, '--out', join(folder, 'cli'));
      expect(weightsOf(files)).toBe(trained.weightsSha256);
      const path = await unpack('lab', files);
      const tested = await fathom('eval', path, 'digits', '--limit', '200');
      expect(tested).toMatchObject({ samples: 200, test: { accuracy: expect.any(Number) } });
      // The epoch is told as fathom train tells it, up to rounding in other chunks.
      const { run: saved } = (await fathom('summary', path)) as { run: { epochs: EpochFigures[] } };
      const { run: own } = (await fathom('summary', join(folder, 'cli'))) as {
        run: { epochs: EpochFigures[] };
      };
      expect(saved.epochs).toHaveLength(1);
      for (const name of ['loss', 'accuracy', 'valLoss', 'valAccuracy'] as const)
        expect(saved.epochs[0]![name]).toBeCloseTo(own.epochs[0]![name], 5);
      const png = join(folder, 'digit.png');
      await writeFile(png, Buffer.from(await digitPng(page)));
      await fathom('predict', path, png);
      await fathom('inspect', path, png, '--out', join(folder, 'page.html'));
      await expect(fathom('train', '--resume', path)).rejects.toThrow(
        'the lab has saved this run, and goes on with it',
      );
      expect(troubles).toEqual([]);
      await page.close();
    },
    LONG_MS,
  );

  it('can be gone back to: the page shows them, and training goes on from them to the same bits', async () => {
    const { page, troubles } = await lab.open(`#/train?samples=300&seed=1&layers=${EVERYTHING}`);
    await ready(page);
    const seen: string[] = [await shownNow(page)];
    const saved: string[] = [weightsOf((await saveRun(page)).files)];
    for (let step = 1; step <= 12; step++) {
      await stepOnce(page, step);
      seen.push(await shownNow(page));
      saved.push(weightsOf((await saveRun(page)).files));
    }
    expect(new Set(saved).size).toBe(13);
    for (const moment of [10, 3]) {
      await scrubTo(page, moment);
      await page.locator('label.time', { hasText: `After step ${moment}` }).waitFor();
      expect(await shownNow(page)).toBe(seen[moment]);
      expect(weightsOf((await saveRun(page)).files)).toBe(saved[moment]);
    }
    await page.getByRole('button', { name: 'Go on from here' }).click();
    await page.getByRole('status').getByText('Back after step 3').waitFor();
    expect(await page.getByTestId('steps').innerText()).toBe('3');
    await page.getByText('4 moments kept').waitFor();
    for (let step = 4; step <= 12; step++) await stepOnce(page, step);
    expect(weightsOf((await saveRun(page)).files)).toBe(saved[12]);
    expect(await shownNow(page)).toBe(seen[12]);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('are drawn for, and looked into, with the weights that they had', async () => {
    const { page, troubles } = await lab.open(`#/train?samples=1000&seed=2&layers=${EVERYTHING}`);
    await ready(page);
    await page.getByRole('button', { name: '▶ Train' }).click();
    await page.waitForFunction(
      () => Number(document.querySelector('[data-testid=steps]')?.textContent?.replace(',', '')) > 300,
    );
    await page.getByRole('button', { name: 'Pause' }).click();
    await ready(page);
    const answers: string[] = [];
    const ask = async () => {
      await page.getByRole('button', { name: 'Use in Draw' }).click();
      await page.locator('.answer').waitFor();
      answers.push(await page.locator('main').innerText());
    };
    await page.goto(`${page.url().split('#')[0]}#/draw?example=4.1&network=digits`);
    await page.locator('.answer').waitFor();
    await page.getByRole('link', { name: 'Train' }).click();
    await ask();
    await page.getByRole('link', { name: 'Train' }).click();
    await scrubTo(page, 0);
    await ask();
    await page.getByRole('link', { name: 'Train' }).click();
    await page.getByText('After step 0').waitFor();
    await page.getByRole('button', { name: 'Look inside' }).click();
    await page.waitForURL(/#\/inside\?(.*&)?network=trained/);
    expect(answers[0]).not.toBe(answers[1]);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('outlive the page: saved, opened in another one and gone on with, the bits are the same', async () => {
    const first = await lab.open(
      `#/train?samples=300&seed=7&optimizer=rmsprop&batch=16&layers=${EVERYTHING}`,
    );
    await ready(first.page);
    for (let step = 1; step <= 5; step++) await stepOnce(first.page, step);
    const { zip, files } = await saveRun(first.page);
    for (let step = 6; step <= 20; step++) await stepOnce(first.page, step);
    const whole = weightsOf((await saveRun(first.page)).files);
    await first.page.close();

    const second = await lab.open('#/train?samples=1000');
    const { page } = second;
    await ready(page);
    await page
      .getByLabel('Open run …')
      .setInputFiles({ name: 'run.zip', mimeType: 'application/zip', buffer: zip });
    await page.locator('[data-testid=steps]', { hasText: /^5$/ }).waitFor();
    await ready(page);
    await expect.poll(() => page.url()).toContain('optimizer=rmsprop');
    expect(weightsOf((await saveRun(page)).files)).toBe(weightsOf(files));
    for (let step = 6; step <= 20; step++) await stepOnce(page, step);
    expect(weightsOf((await saveRun(page)).files)).toBe(whole);
    // Over other data it goes on too, and the page says so.
    await page.getByRole('combobox', { name: 'Samples' }).selectOption('1,000');
    await page.getByText('900 to train on, 100 to validate with').waitFor();
    await ready(page);
    await page.getByLabel('Open run …').setInputFiles(
      [...files]
        .filter(([name]) => name !== 'run.json')
        .map(([name, bytes]) => ({
          name,
          mimeType: 'application/octet-stream',
          buffer: Buffer.from(bytes),
        })),
    );
    await page
      .getByRole('status')
      .getByText('This run was trained on 270 samples', { exact: false })
      .waitFor();
    await stepOnce(page, 6);
    expect([...first.troubles, ...second.troubles]).toEqual([]);
    await page.close();
  });

  it('takes the weights of a run without a checkpoint, and says what is wrong with other files', async () => {
    const { page, troubles } = await lab.open('#/train?samples=300');
    await ready(page);
    const model = lenet5({ seed: 3 });
    const file = (name: string, content: string | Uint8Array) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(content),
    });
    const config = file('model.json', JSON.stringify(model.toConfig()));
    const weights = file('weights.safetensors', await saveWeights(model));
    const open = page.getByLabel('Open run …');
    await open.setInputFiles([config, weights]);
    await page.locator('[data-testid=parameters]', { hasText: '61,706' }).waitFor();
    await ready(page);
    await stepOnce(page, 1);
    await scrubTo(page, 0);
    const { files } = await saveRun(page);
    expect(Buffer.from(files.get('weights.safetensors')!).equals(weights.buffer)).toBe(true);
    const alert = page.getByRole('alert');
    await open.setInputFiles([config]);
    await alert.getByText('a saved network is two files', { exact: false }).waitFor();
    await open.setInputFiles([file('model.json', '{"layers":[{"type":"lstm"}]}'), weights]);
    await alert.getByText('which this room does not build').waitFor();
    await open.setInputFiles([config, file('weights.safetensors', weights.buffer.subarray(0, 1000))]);
    await alert.getByText('weights.safetensors', { exact: false }).waitFor();
    await open.setInputFiles([file('run.zip', 'PK is not enough')]);
    await alert.getByText('this zip file is damaged', { exact: false }).waitFor();
    // Nothing is lost by any of them.
    await stepOnce(page, 2);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('keeps and shows the options of an opened network that the form has no field for', async () => {
    const { page, troubles } = await lab.open('#/train?samples=300&l2=0.5');
    await ready(page);
    const model = sequential([
      layers.flatten({ inputShape: [28, 28, 1] }),
      layers.dense({
        ...{ units: 12, activation: 'selu', useBias: false, name: 'hidden' },
        ...{ kernelRegularizer: { name: 'l1L2', l1: 0.001, l2: 0.02 }, kernelConstraint: 'nonNeg' },
      }),
      layers.dense({ units: 10, activation: 'softmax' }),
    ]);
    const file = (name: string, content: string | Uint8Array) => ({
      ...{ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) },
    });
    const config = JSON.parse(JSON.stringify(model.toConfig()));
    await page
      .getByLabel('Open run …')
      .setInputFiles([
        file('model.json', JSON.stringify(config)),
        file('weights.safetensors', await saveWeights(model)),
      ]);
    const kept = page.getByRole('region', { name: 'Network', exact: true }).getByTestId('kept');
    await kept.waitFor();
    await ready(page);
    expect(await kept.innerText()).toBe(
      'Kept as the opened network has it, without a field here: activation selu; name hidden; useBias false; ' +
        'kernelRegularizer l1L2 (l1 0.001, l2 0.02); kernelConstraint nonNeg',
    );
    // A penalty that the network has not is not added by what was set before.
    await expect.poll(() => page.url()).not.toContain('l2=');
    await stepOnce(page, 1);
    // A field of that layer leaves the rest as it is.
    await page.getByRole('spinbutton', { name: 'units' }).first().fill('9');
    await page.getByRole('spinbutton', { name: 'units' }).first().press('Enter');
    await page.locator('[data-testid=parameters]', { hasText: '7,156' }).waitFor();
    await ready(page);
    const { files } = await saveRun(page);
    const saved = JSON.parse(new TextDecoder().decode(files.get('model.json')));
    config.layers[1].units = 9;
    delete config.layers[0].inputShape;
    expect(saved.layers).toEqual(config.layers);
    expect(await violations(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows units that an absurd rate has killed, and lets one go back to when they lived', async () => {
    const { page } = await lab.open(
      '#/train?samples=300&optimizer=sgd&rate=20&layers=flatten,dense_16_relu,dense_10_softmax',
    );
    await ready(page);
    const units = page.getByRole('region', { name: 'Dead units' });
    const dead = async () => {
      const label = await units.getByRole('img', { name: 'units dead' }).getAttribute('aria-label');
      return Number(/^dense: (\d+) of 16 units dead$/.exec(label!)![1]);
    };
    const before = await dead();
    expect(before).toBeLessThan(8);
    expect(await units.getByRole('status').count()).toBe(0);
    for (let step = 1; step <= 4; step++) await stepOnce(page, step);
    await units.getByRole('status').getByText('Most units of dense are dead', { exact: false }).waitFor();
    expect(await dead()).toBeGreaterThan(8);
    await scrubTo(page, 0);
    await units.getByRole('status').waitFor({ state: 'detached' });
    expect(await dead()).toBe(before);
    await page.close();
  });
});

/** A 1 as a picture file. */
function digitPng(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const canvas = new OffscreenCanvas(100, 100);
    const context = canvas.getContext('2d')!;
    context.fillStyle = 'white';
    context.fillRect(0, 0, 100, 100);
    context.fillStyle = 'black';
    context.fillRect(45, 15, 10, 70);
    return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
  });
}

/** What the page says of the moment that is looked at. */
function shownNow(page: Page): Promise<string> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.pair, [data-testid=accuracy], .pair path')]
      .map((element) => element.getAttribute('d') ?? element.textContent)
      .join(' '),
  );
}
