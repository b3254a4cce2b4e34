import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { digitFromPixels, inspect, loadWeights, type Model, modelFromConfig, syntheticDigits } from 'fathom';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, type Lab, startLab, violations } from './lab.ts';

const WEIGHTS = new URL('../../public/weights/', import.meta.url);
const EXAMPLE = { digit: 3, seed: 5 };
const ROOM = `#/inside?example=${EXAMPLE.digit}.${EXAMPLE.seed}`;
const REFERENCE = { backend: 'reference' } as const;
/** The page prints four decimals. */
const PRINTED = 6e-5;

describe.skipIf(chromiumPath === undefined)('the room Look inside', () => {
  let lab: Lab;
  let model: Model;
  let pixels: Float32Array;
  let all: inspect.Activations;
  beforeAll(async () => {
    lab = await startLab();
    const file = (name: string) => readFile(fileURLToPath(new URL(name, WEIGHTS)));
    model = modelFromConfig({ ...JSON.parse((await file('model.json')).toString()), compile: null });
    await loadWeights(model, new Uint8Array(await file('weights.safetensors')), 'the shipped weights');
    pixels = example();
    all = await inspect.activations(model, pixels, REFERENCE);
  });
  afterAll(() => lab?.close());

  const z = (layer: string, [row, column, map]: readonly [number, number, number]) => {
    const { shape, preActivation } = all.layers.find(({ id }) => id === layer)!;
    return preActivation![(row * shape[1]! + column) * shape[2]! + map]!;
  };

  it('goes down from the network to one dot product, whose printed sum is the library’s', async () => {
    const { page, troubles } = await lab.open(ROOM);
    await page.getByText('It says 3').waitFor();
    await page.getByRole('button', { name: 'conv2d_1, map 7: 10 by 10' }).click();
    await levelIs(page, 'map');
    await page.getByRole('heading', { name: 'What each channel of maxPooling2d adds' }).waitFor();
    expect(await page.getByRole('img', { name: /^What channel \d adds$/ }).count()).toBe(6);
    await clickCell(page, 'conv2d_1, map 7, number by number', { row: 4, column: 5, side: 10 });
    await levelIs(page, 'cell');
    await page.getByRole('button', { name: 'All 150 products' }).click();
    const expected = z('conv2d_1', [4, 5, 7]);
    expect(Math.abs((await numberIn(page, 'total')) - expected)).toBeLessThan(PRINTED);
    expect(Math.abs((await numberIn(page, 'activated')) - Math.max(0, expected))).toBeLessThan(PRINTED);
    // What is written really adds up: 150 products and the bias.
    const { products, sum } = await written(page);
    expect(products).toBe(150);
    expect(Math.abs(sum - expected)).toBeLessThan(150 * PRINTED);
    await page.waitForURL(/at=4,5,7/);
    const again = await lab.open(new URL(page.url()).hash);
    expect(await numberIn(again.page, 'total')).toBe(await numberIn(page, 'total'));
    await again.page.close();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('goes one level up with Esc and by a click on nothing', async () => {
    const { page } = await lab.open(`${ROOM}&layer=conv2d_1&at=4,5,7`);
    await levelIs(page, 'cell');
    await page.keyboard.press('Escape');
    await levelIs(page, 'map');
    await page.getByRole('heading', { level: 1 }).click();
    await page.locator('[data-level]').waitFor({ state: 'detached' });
    // One is back where one went in.
    expect(await page.evaluate(() => document.activeElement?.getAttribute('data-key'))).toBe('conv2d_1/7');
    await page.close();
  });

  it('is gone through by keys alone', async () => {
    const { page } = await lab.open(ROOM);
    await page.getByText('It says 3').waitFor();
    await page.getByRole('button', { name: 'input, map 0: 28 by 28' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await levelIs(page, 'map');
    await page.getByRole('heading', { name: 'conv2d, map 1' }).waitFor();
    await page.getByRole('button', { name: /number by number/ }).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
    await page.getByText('conv2d, map 1, row 2, column 1 · sees rows 0 to 4 and columns 0 to 3').waitFor();
    await page.keyboard.press('Enter');
    await levelIs(page, 'cell');
    expect(Math.abs((await numberIn(page, 'total')) - z('conv2d', [2, 1, 1]))).toBeLessThan(PRINTED);
    expect(await page.locator('[data-level] td.pad').count()).toBe(5);
    await page.getByRole('button', { name: 'dense_1: 84 units' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('spinbutton', { name: 'Unit' }).fill('17');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'dense_1, unit 17' }).waitFor();
    await page.getByText('Takes all 120 numbers of dense.').waitFor();
    const unit = all.layers.find(({ id }) => id === 'dense_1')!.preActivation![17]!;
    await expect.poll(() => numberIn(page, 'total')).toBeCloseTo(unit, 3);
    await page.close();
  });

  it('brings what a link has chosen into sight, and shows that there is more beside it', async () => {
    const { page } = await lab.open(`${ROOM}&layer=dense_2&at=3`, { width: 820 });
    const flow = page.getByRole('group', { name: 'The network, what each layer gives' });
    await levelIs(page, 'cell');
    const [outer, last] = [
      await flow.boundingBox(),
      await page.locator('[data-layer=dense_2]').boundingBox(),
    ];
    expect(last!.x + last!.width).toBeLessThanOrEqual(outer!.x + outer!.width);
    expect(await flow.getAttribute('data-more')).toBe('left');
    await flow.evaluate((element) => element.scrollTo(0, 0));
    await expect.poll(() => flow.getAttribute('data-more')).toBe('right');
    await page.close();
  });

  it('marks what a number sees: its window and its receptive field', async () => {
    const { page } = await lab.open(`${ROOM}&layer=conv2d_1&map=0`);
    const map = page.getByRole('button', { name: /number by number/ });
    await map.scrollIntoViewIfNeeded();
    const box = (await map.boundingBox())!;
    await page.mouse.move(box.x + 0.45 * box.width, box.y + 0.45 * box.height);
    await page
      .getByText('conv2d_1, map 0, row 4, column 4 · sees rows 6 to 19 and columns 6 to 19')
      .waitFor();
    expect(await page.locator('[data-layer=maxPooling2d] .mark').count()).toBe(6);
    const mark = page.locator('[data-layer=input] .mark');
    const [inner, outer] = [
      await mark.boundingBox(),
      await page.locator('[data-layer=input] .map').boundingBox(),
    ];
    expect(inner!.width / outer!.width).toBeCloseTo(14 / 28, 1);
    await page.close();
  });

  it('shows the winner of a pooling window, and softmax with all its numbers', async () => {
    const { page } = await lab.open(`${ROOM}&layer=maxPooling2d&at=5,6,2`);
    const cell = await inspect.explainCell(model, all, 'maxPooling2d', [5, 6, 2]);
    expect(Math.abs((await numberIn(page, 'total')) - cell.value)).toBeLessThan(PRINTED);
    expect(await page.locator('[data-level] td.current').count()).toBe(1);
    await page.getByRole('button', { name: /^dense_2, 3 / }).click();
    await page.getByRole('heading', { name: 'softmax' }).waitFor();
    const last = all.layers.at(-1)!;
    expect(Math.abs((await numberIn(page, 'total')) - last.preActivation![3]!)).toBeLessThan(2 * PRINTED);
    expect(Math.abs((await numberIn(page, 'activated')) - last.values[3]!)).toBeLessThan(PRINTED);
    await page.close();
  });

  it('goes backward: p − y, dW over all places, dX by the turned kernel, pooling’s routing, each checked', async () => {
    const label = 5;
    const { page, troubles } = await lab.open(`${ROOM}&way=backward&label=${label}`);
    const { weights, layers } = await inspect.gradients(model, pixels, label, REFERENCE);
    const gradientOf = (id: string) => layers.find((layer) => layer.id === id)!;
    const agrees = async (expected: number) => {
      expect(Math.abs((await numberIn(page, 'total')) - expected)).toBeLessThan(PRINTED);
      expect(Math.abs((await numberIn(page, 'library')) - expected)).toBeLessThan(1e-5);
      expect(Math.abs((await numberIn(page, 'check')) - expected)).toBeLessThan(1e-4);
    };
    await page.getByRole('button', { name: /^dense_2, 5 / }).click();
    await page.getByText('prediction minus target').waitFor();
    await agrees(gradientOf('dense_2').preActivationGradient![label]!);

    await page.getByRole('button', { name: 'conv2d_1, map 3: 10 by 10' }).click();
    await page.getByRole('button', { name: /^Gradients of the kernel, channel 2, row 2, column 3/ }).click();
    await levelIs(page, 'weight');
    await page.getByText('shared by 100 places').waitFor();
    const kernel = weights.find(({ name }) => name === 'conv2d_1/kernel')!;
    await agrees(kernel.gradient[((1 * 5 + 2) * 6 + 2) * 16 + 3]!);
    await page.keyboard.press('Escape');
    await levelIs(page, 'map');

    await page.getByRole('button', { name: 'maxPooling2d, map 3: 14 by 14' }).click();
    await clickCell(page, 'maxPooling2d, map 3, number by number', { row: 6, column: 7, side: 14 });
    await page.getByText('the kernel lies turned round').waitFor();
    await agrees(gradientOf('maxPooling2d').gradient![(6 * 14 + 7) * 6 + 3]!);

    await page.getByRole('button', { name: 'conv2d, map 3: 28 by 28' }).click();
    await clickCell(page, 'conv2d, map 3, number by number', { row: 12, column: 14, side: 28 });
    await page.getByText('sends the gradient of each result to the value that won').waitFor();
    await agrees(gradientOf('conv2d').gradient![(12 * 28 + 14) * 6 + 3]!);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('looks at the digit that was drawn in the room Draw', async () => {
    const { page, troubles } = await lab.open('#/draw?example=7.1');
    await page.locator('.answer', { hasText: '7' }).waitFor();
    await page.getByRole('link', { name: 'Look inside' }).click();
    await page.getByText('It says 7').waitFor();
    // Another 4 each time, of which the network misreads one in twenty; this one it reads.
    await page.evaluate(() => {
      Math.random = () => 0.00015;
    });
    await page.getByRole('group', { name: 'Example digit' }).getByRole('button', { name: '4' }).click();
    await page.getByText('It says 4').waitFor();
    await page.getByRole('button', { name: 'My drawing' }).click();
    await page.getByText('It says 7').waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it.each([
    { dark: false, width: 1280, at: '' },
    { dark: true, width: 1280, at: '&layer=conv2d_1&map=3' },
    { dark: false, width: 768, at: '&layer=conv2d_1&at=4,5,7' },
    { dark: true, width: 1280, at: '&layer=dense_2&at=3' },
    { dark: false, width: 1280, at: '&way=backward&label=5&layer=conv2d_1&map=3' },
    { dark: true, width: 768, at: '&way=backward&label=5&layer=dense_1&at=4' },
  ])('has nothing that axe complains about ($width px, dark: $dark, $at)', async ({ at, ...options }) => {
    const { page, troubles } = await lab.open(`${ROOM}${at}`, options);
    await page.getByText(at.includes('backward') ? 'L = −ln p' : 'It says 3').waitFor();
    if (at) await page.locator('[data-level] :is(table, [role=img])').first().waitFor();
    expect(await violations(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

/** The example as the room prepares it: written by the generator, and cut out as a drawing is. */
function example(): Float32Array {
  const { images, labels } = syntheticDigits({ seed: EXAMPLE.seed, count: 10 });
  const at = labels.indexOf(EXAMPLE.digit) * 784;
  const data = new Uint8ClampedArray(4 * 784).fill(255);
  for (let i = 0; i < 784; i++) data.fill(255 - images[at + i]!, 4 * i, 4 * i + 3);
  return digitFromPixels({ data, width: 28, height: 28, channels: 4 }, 'the example').pixels;
}

async function levelIs(page: Page, level: string): Promise<void> {
  await page.locator(`[data-level=${level}]`).waitFor();
}

async function clickCell(
  page: Page,
  name: string,
  { row, column, side }: { row: number; column: number; side: number },
): Promise<void> {
  const map = page.getByRole('button', { name });
  await map.scrollIntoViewIfNeeded();
  const { width, height } = (await map.boundingBox())!;
  await map.click({ position: { x: ((column + 0.5) * width) / side, y: ((row + 0.5) * height) / side } });
}

/** A number as the page prints it. */
async function numberIn(page: Page, id: string): Promise<number> {
  return numberOf(await page.getByTestId(id).innerText());
}

function numberOf(text: string): number {
  const plain = text.trim().replaceAll('−', '-').replace(/[()]/g, '');
  const [mantissa, power] = plain.split('·10');
  const digits = power
    ?.replace('⁻', '-')
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (digit) => String('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(digit)));
  return Number(mantissa) * 10 ** Number(digits ?? 0);
}

/** The sum as one would compute it who reads it. */
async function written(page: Page): Promise<{ products: number; sum: number }> {
  const text = (await page.getByTestId('sum').innerText()).replace(/\s+/g, ' ');
  // z = Σ x·w + b = the terms = the sum
  const terms = text.split('=')[2]!.replace('(bias)', '').split(' + ');
  const values = terms.map((term) =>
    term
      .trim()
      .split(/·(?!10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])/)
      .map(numberOf),
  );
  return {
    products: values.filter(({ length }) => length === 2).length,
    sum: values.reduce((sum, factors) => sum + factors.reduce((a, b) => a * b, 1), 0),
  };
}
