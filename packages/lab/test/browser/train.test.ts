import { encodeIdx, inspect, lenet5, optimizers, syntheticDigits } from 'fathom';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesText } from '../../src/rooms/train/bytes.ts';
import { decodeStack, encodeStack, PRESETS } from '../../src/rooms/train/stack.ts';
import { chromiumPath, type Lab, startLab, violations, violationsInEveryLook } from './lab.ts';
import { HANGS_MS, LONG_MS, learned, ready, stepOnce } from './training.ts';

const LENET = encodeStack(PRESETS.find(({ id }) => id === 'lenet5')!.layers(10));
const PERCEPTRON = encodeStack(PRESETS.find(({ id }) => id === 'perceptron')!.layers(10));

/** An answer that has not come by then is another, also where the machine is busy. */
const ANSWER_MS = 8000;
/** A LeNet-5 tells nine of ten digits after two or three. */
const EPOCHS = 8;

describe.skipIf(chromiumPath === undefined)('the room Train', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
  });
  afterAll(() => lab?.close());

  it(
    'learns the built-in digits to more than 90 % while the page stays at hand, and draws with the result',
    async () => {
      const { page, troubles } = await lab.open(`#/train?samples=30000&layers=${LENET}`);
      await ready(page);
      expect(await page.getByTestId('parameters').innerText()).toBe(
        lenet5().countParams().toLocaleString('en'),
      );
      const memory = inspect.trainingMemory(
        inspect.describeStack([28, 28, 1], decodeStack(LENET)).totals,
        optimizers.adam(),
        32,
      );
      expect(await page.getByTestId('memory').innerText()).toBe(bytesText(memory.totalBytes));
      await page.getByRole('button', { name: 'Train', exact: false }).first().click();
      const frames = await countFrames(page, 2000);
      console.log(
        `while training: ${frames.perSecond.toFixed(1)} frames/s, longest ${frames.longest.toFixed(0)} ms`,
      );
      // The steps until the pause may lose some of it again.
      await learned(page, 92, EPOCHS);
      await page.getByRole('button', { name: 'Pause' }).click();
      // The report of the pause comes behind what is at work.
      await ready(page);
      expect(await page.getByTestId('step-memory').innerText()).toMatch(/^[\d.]+ MB$/);
      // The figure comes first, the table some frames later, and a report that was on its way may follow.
      const accuracy = () => page.getByTestId('accuracy').innerText();
      await expect.poll(async () => accuracyOf(await confusion(page)) === (await accuracy())).toBe(true);
      expect(Number.parseFloat(await accuracy())).toBeGreaterThan(90);
      expect((await confusion(page)).flat().reduce((a, b) => a + b, 0)).toBe(3000);
      await page.getByRole('button', { name: 'Use in Draw' }).click();
      expect(await recognised(page)).toBeGreaterThanOrEqual(5);
      expect(await page.getByRole('combobox', { name: 'Network' }).inputValue()).toBe('trained');
      expect(troubles).toEqual([]);
      await page.close();
    },
    LONG_MS,
  );

  it('hides what the URL hides, and trains all the same', async () => {
    const { page, troubles } = await lab.open('#/train?samples=1000&hide=data,network,settings,save');
    await ready(page);
    for (const name of ['Data', 'Network', 'Training settings']) {
      expect(await page.getByRole('region', { name, exact: true }).count()).toBe(0);
    }
    await stepOnce(page, 1);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows the kernels of deeper layers on the input channel that is chosen, by keyboard too', async () => {
    const { page, troubles } = await lab.open(`#/train?samples=1000&layers=${LENET}`);
    await ready(page);
    const choice = page.getByLabel('On input channel of conv2d_1');
    const kernels = page.getByRole('img', { name: 'Kernels of conv2d_1' });
    expect(await kernels.getAttribute('aria-label')).toBe('Kernels of conv2d_1 on input channel 1 of 6');
    const drawn = () =>
      kernels.locator('canvas').evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    const before = await drawn();
    await choice.focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowDown');
    await page.locator('[aria-label="Kernels of conv2d_1 on input channel 4 of 6"]').waitFor();
    expect(await drawn()).not.toBe(before);
    await page.waitForURL(/channel-conv2d_1=4/);
    await stepOnce(page, 1);
    await page.locator('[aria-label="Kernels of conv2d_1 on input channel 4 of 6"]').waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it(
    'shows overfitting on purpose, and stops early where one asks for it',
    async () => {
      const { page, troubles } = await lab.open('#/train');
      await ready(page);
      await page.getByLabel('See on purpose').selectOption('Overfitting');
      await page.getByText('450 to train on, 50 to validate with').waitFor();
      await page.locator('[data-testid=parameters]', { hasText: '407,050' }).waitFor();
      await ready(page);
      const early = page.getByRole('checkbox', { name: 'Early stopping' });
      expect(await early.isChecked()).toBe(false);
      await early.check();
      await page.waitForURL(/patience=5/);
      await ready(page);
      expect(await violations(page)).toEqual([]);
      await page.getByRole('button', { name: '▶ Train' }).click();
      await page.getByRole('status').getByText('Stopped: for 5 epochs').waitFor({ timeout: HANGS_MS });
      await ready(page);
      expect(Number(await page.getByTestId('gap').innerText())).toBeGreaterThan(0);
      // The best moment is looked at, and can be gone on from.
      expect(await page.getByRole('button', { name: 'Go on from here' }).isEnabled()).toBe(true);
      expect(troubles).toEqual([]);
      await page.close();
    },
    LONG_MS,
  );

  it('explains layers that do not fit, and goes on when they do', async () => {
    const { page, troubles } = await lab.open(
      '#/train?samples=1000&layers=conv2d_4_3_1_valid_relu,maxPooling2d_16,maxPooling2d_16,flatten,dense_10_softmax',
    );
    const alert = page.getByRole('region', { name: 'Network' }).getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/maxPooling2d_1.*expected/s);
    expect(await page.getByRole('button', { name: '▶ Train' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Remove Max pooling' }).nth(1).click();
    await ready(page);
    expect(await alert.count()).toBe(0);
    await page.getByRole('spinbutton', { name: 'units' }).fill('7');
    await page.getByRole('spinbutton', { name: 'units' }).press('Enter');
    await alert.getByText('the network gives [7] for a sample, and must give [10]').waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('stops with a reason when the numbers run away', async () => {
    const { page } = await lab.open(
      '#/train?samples=1000&optimizer=sgd&rate=100&loss=meanSquaredError&layers=flatten,dense_10_linear',
    );
    await ready(page);
    await page.getByRole('button', { name: '▶ Train' }).click();
    await page.getByRole('alert').getByText('Most often the learning rate is too large').waitFor();
    await page.getByRole('button', { name: '▶ Train' }).waitFor();
    await page.close();
  });

  it('takes IDX files, pictures in folders and tables, and says what is wrong with others', async () => {
    const { page, troubles } = await lab.open(`#/train?samples=1000&layers=${PERCEPTRON}`);
    await ready(page);
    const load = page.getByLabel('IDX or CSV files …');
    const { images, labels } = syntheticDigits({ count: 300, seed: 9 });
    const file = (name: string, content: Uint8Array | string) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(content),
    });
    const idx = [
      file('train-images-idx3-ubyte', encodeIdx('uint8', [300, 28, 28], images)),
      file('train-labels-idx1-ubyte', encodeIdx('uint8', [300], labels)),
    ];
    await load.setInputFiles(idx);
    await page.getByText('270 to train on, 30 to validate with').waitFor();
    await ready(page);
    await load.setInputFiles([idx[0]!]);
    await page.getByRole('alert').getByText('these files are no labelled pictures').waitFor();
    await load.setInputFiles([file('train-images-idx3-ubyte', idx[0]!.buffer.subarray(0, 5000)), idx[1]!]);
    await page.getByRole('alert').waitFor();
    await load.setInputFiles([file('photo.exe', 'MZ')]);
    await page.getByRole('alert').getByText('photo.exe cannot be learned from', { exact: false }).waitFor();
    const rows = Array.from({ length: 60 }, (_, i) => `${i % 2},${(i * 7) % 5},${i % 2 ? 'odd' : 'even'}`);
    await load.setInputFiles([file('table.csv', `a,b,class\n${rows.join('\n')}\n`)]);
    await page.getByText('48 to train on, 12 to validate with, each [2], 2 classes').waitFor();
    await page.getByRole('button', { name: 'End it in 2 units' }).click();
    await ready(page);
    await page.getByRole('button', { name: '▶ Train' }).click();
    await page.locator('[data-testid=accuracy]', { hasText: '100.0 %' }).waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('can be used by everyone, light and dark, wide and narrow', async () => {
    const { page, troubles } = await lab.open('#/train?samples=1000');
    await ready(page);
    await stepOnce(page, 1);
    expect(await violationsInEveryLook(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

async function confusion(page: Page): Promise<number[][]> {
  const rows = await page.locator('table').first().locator('tbody tr').all();
  return Promise.all(rows.map(async (row) => (await row.locator('td').allInnerTexts()).map(Number)));
}

/** As the page writes it. */
function accuracyOf(matrix: readonly (readonly number[])[]): string {
  const right = matrix.reduce((sum, row, i) => sum + row[i]!, 0);
  const all = matrix.flat().reduce((a, b) => a + b, 0);
  return `${((100 * right) / all).toFixed(1)} %`;
}

/** Frames that the page draws in some time, and the longest wait between two. */
function countFrames(page: Page, ms: number): Promise<{ perSecond: number; longest: number }> {
  return page.evaluate(
    (duration) =>
      new Promise<{ perSecond: number; longest: number }>((resolve) => {
        const start = performance.now();
        let [count, last, longest] = [0, start, 0];
        const frame = (now: number) => {
          count++;
          longest = Math.max(longest, now - last);
          last = now;
          if (now - start < duration) requestAnimationFrame(frame);
          else resolve({ perSecond: (1000 * count) / (now - start), longest });
        };
        requestAnimationFrame(frame);
      }),
    ms,
  );
}

/**
 * How many of the room Draw's ten example digits the network names. When a training is paused depends on the machine, so
 * one that is right nine times in ten may be wrong about any of them; one that has learned nothing names about one.
 */
async function recognised(page: Page): Promise<number> {
  let right = 0;
  for (let digit = 0; digit <= 9; digit++) {
    await page.getByRole('button', { name: String(digit), exact: true }).click();
    const isNamed = await page
      .locator('.answer', { hasText: new RegExp(`^${digit}$`) })
      .waitFor({ timeout: ANSWER_MS })
      .then(
        () => true,
        () => false,
      );
    if (isNamed) right++;
  }
  return right;
}
