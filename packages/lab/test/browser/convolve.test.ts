import { functional, ops, type Tensor } from 'fathom';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceValues } from '../support/values.ts';
import { chromiumPath, type Lab, startLab, violationsInEveryLook } from './lab.ts';

describe.skipIf(chromiumPath === undefined)('the room Convolve', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
  });
  afterAll(() => lab?.close());

  it('steps through the curriculum’s example, number by number', async () => {
    const { page, troubles } = await lab.open('#/convolve');
    await mapIs(page, '82 68 46 / 45 24 26 / 63 65 51');
    await page.getByText('10·2 + 2·2 + 4·2 + 0·1 + 4·0 + 0·1 + 1·2 + 8·2 + 16·2').waitFor();
    for (let i = 0; i < 3; i++) await page.getByRole('button', { name: 'Step', exact: true }).click();
    await page.getByText('window 4 of 9').waitFor();
    expect(await page.getByTestId('sum').innerText()).toMatch(
      /0·2 \+ 4·2 \+ 0·2 \+ 1·1 \+ 8·0 \+ 16·1 \+ 8·2 \+ 1·2 \+ 1·2\s*= 45/,
    );
    await page.waitForURL(/at=3/);
    await page.getByRole('button', { name: 'Output, row 3, column 3: 51' }).click();
    await page.getByText('window 9 of 9').waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('computes with the numbers that one types, as the library does, and a link brings them back', async () => {
    const { page, troubles } = await lab.open('#/convolve');
    await page.getByRole('textbox', { name: 'Input, row 2, column 3' }).fill('-7.5');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Kernel 1, row 1, column 1' }).fill('−3');
    await page.keyboard.press('Enter');
    await page.getByLabel('Stride s').selectOption('2');
    await page.getByLabel('Padding p').selectOption('1');
    const x = [10, 2, 4, 1, 1, 0, 4, -7.5, 2, 2, 1, 8, 16, 0, 0, 8, 1, 1, 0, 0, 0, 0, 2, 6, 1];
    const kernel = [-3, 2, 2, 1, 0, 1, 2, 2, 2];
    const padded = ops.pad(ops.constant(x, [1, 5, 5, 1]), { low: [0, 1, 1, 0], high: [0, 1, 1, 0] });
    const y = functional.conv2d(padded, ops.constant(kernel, [3, 3, 1, 1]), { strides: 2 });
    await mapIs(page, await printed(y));
    expect(await page.getByTestId('rows').innerText()).toMatch(/⌊\(5 \+ 2·1 − 3\)\/2 \+ 1⌋\s*= 3/);
    await page.waitForURL(/padding=1/);
    const again = await lab.open(new URL(page.url()).hash);
    await mapIs(again.page, await printed(y));
    expect([...troubles, ...again.troubles]).toEqual([]);
    await again.page.close();
    await page.close();
  });

  it('is reached by keys alone', async () => {
    const { page } = await lab.open('#/convolve');
    await page.getByRole('textbox', { name: 'Input, row 1, column 1' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.type('5');
    await page.keyboard.press('Tab');
    // 4 became 5, and the weight on it in the first window is 0, in the second 1.
    await mapIs(page, '82 69 46 / 47 26 26 / 63 65 51');
    await page.getByRole('button', { name: 'Output, row 1, column 1' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByText('window 2 of 9').waitFor();
    await page.close();
  });

  it('plays by itself, and ends at the last window', async () => {
    const { page } = await lab.open('#/convolve?pace=20');
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByText('window 9 of 9').waitFor();
    await page.getByRole('button', { name: 'Play' }).waitFor();
    await page.close();
  });

  it('pools, stamps, and says what cannot be', async () => {
    const { page, troubles } = await lab.open('#/convolve?preset=max');
    await mapIs(page, '4 5 / 6 8');
    await page.getByText('4 of 16 places (25 %)').waitFor();
    await page.getByLabel('Example').selectOption('average');
    await mapIs(page, '2 3 / 3 3.5');
    await page.getByLabel('Example').selectOption('transposed');
    await page.getByText('number 1 of 4').waitFor();
    await mapIs(page, '1 2 1 0 0 / 2 4 2 0 0 / 1 2 1 0 0 / 0 0 0 0 0 / 0 0 0 0 0');
    await page.getByRole('slider', { name: 'Input number' }).fill('3');
    await mapIs(page, '1 2 3 4 2 / 2 4 6 8 4 / 4 8 10 12 6 / 6 12 14 16 8 / 3 6 7 8 4');
    await page.getByLabel('Padding p').selectOption('4');
    await page.getByRole('alert').getByText('leaves nothing').waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows who sees the corner', async () => {
    const { page } = await lab.open('#/convolve?preset=corner');
    const seen = page.getByTestId('seen');
    await gridIs(seen, '4 6 6 6 4 / 6 9 9 9 6 / 6 9 9 9 6 / 6 9 9 9 6 / 4 6 6 6 4');
    await page.getByLabel('Padding p').selectOption('0');
    await gridIs(seen, '1 2 3 2 1 / 2 4 6 4 2 / 3 6 9 6 3 / 2 4 6 4 2 / 1 2 3 2 1');
    await page.close();
  });

  it('takes pictures, and explains what is none', async () => {
    const { page, troubles } = await lab.open('#/convolve');
    await page.getByText('Size and picture').click();
    await page.getByLabel('Image file').setInputFiles({
      name: 'not.png',
      mimeType: 'image/png',
      buffer: Buffer.from('no picture at all'),
    });
    await page.getByRole('alert').getByText('not.png could not be read as an image').waitFor();
    await page.getByRole('combobox', { name: 'Picture', exact: true }).selectOption('3');
    await page.getByText('28 × 28').waitFor();
    await page.getByText('window 1 of 676').waitFor();
    await page
      .getByRole('button', { name: 'Feature map 1 as a picture' })
      .click({ position: { x: 100, y: 100 } });
    await page.waitForURL(/at=\d+/);
    await page
      .getByLabel('Image file')
      .setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: DOT });
    await page.waitForURL(/input=/);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('tells what is wrong with a link', async () => {
    const { page } = await lab.open('#/convolve?stride=99&kernel=1+2+/+3');
    await page.getByText('The link’s stride: expected a whole number from 1 to 4').waitFor();
    await page.getByText('row 2 has 1').waitFor();
    await mapIs(page, '82 68 46 / 45 24 26 / 63 65 51');
    await page.close();
  });

  it('moves a picture: the convolution moves along, the maximum stays', async () => {
    const { page, troubles } = await lab.open('#/convolve?view=move&right=0');
    const layer = (i: number) => page.getByTestId('layer').nth(i);
    const picture = page.getByRole('button', { name: 'The picture, moved 0 down and 0 to the right' });
    await picture.focus();
    await page.keyboard.press('ArrowRight');
    await gridIs(layer(1).locator('table').nth(1), '40 40 / 40 80');
    expect(await layer(1).innerText()).toMatch(/0\s+with the edge 56\.569/);
    expect(await layer(2).innerText()).toMatch(/no places left to move\s+0\s+of ‖f\(x\)‖ = 80/);
    await page.goto(`${new URL(page.url()).origin}/#/convolve?view=move&picture=3&chain=deep`);
    await page.getByText('global max pooling').waitFor();
    const box = (await page.getByRole('button', { name: 'The picture, moved' }).boundingBox())!;
    await page.mouse.move(box.x + 100, box.y + 100);
    await page.mouse.down();
    // A picture of 28 pixels is 280 wide: 20 to the right and 20 down are 2 pixels each.
    await page.mouse.move(box.x + 120, box.y + 120, { steps: 4 });
    await page.mouse.up();
    await page.getByText('T moves by 2 rows').waitFor();
    await page.waitForURL(/down=2/);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('moves a picture in front of the trained network', async () => {
    const { page, troubles } = await lab.open('#/convolve?view=move&picture=3');
    await page.locator('option[value="held.digits"]').waitFor({ state: 'attached' });
    await page.getByLabel('Network f').selectOption('held.digits');
    const layer = (i: number) => page.getByTestId('layer').nth(i);
    await expect.poll(() => page.getByTestId('layer').count()).toBeGreaterThan(6);
    expect(await layer(1).innerText()).toMatch(/convolution 5 × 5/);
    await page.getByRole('button', { name: 'Back home' }).click();
    await page.getByText('T moves by 0 rows').waitFor();
    await expect.poll(() => layer(6).locator('strong').last().innerText()).toBe('0');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('counts weights as the curriculum does', async () => {
    const { page, troubles } = await lab.open('#/convolve?view=share');
    const total = async (id: string) =>
      (await page.getByTestId(id).getByTestId('result').innerText()).replace(/\s/g, '');
    expect(await total('dense')).toBe('1000403');
    expect(await total('local')).toBe('65303');
    await page.getByLabel('Example').selectOption('one');
    expect(await total('local')).toBe('16553');
    await page.getByLabel('Example').selectOption('vgg');
    expect(await page.getByTestId('maps').innerText()).toBe('222 × 222 × 32');
    await page.getByLabel('Kernel size').fill('99');
    await page.getByLabel('Height').fill('20');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('does not fit').waitFor();
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('trains all three in the page: only the convolution knows a digit that has moved', async () => {
    const { page, troubles } = await lab.open('#/convolve?view=share&epochs=5');
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    const share = async (id: string) =>
      Number((await page.getByTestId(`result-${id}`).locator('td').last().innerText()).replace(' %', ''));
    await page.getByTestId('result-shared').waitFor();
    expect(await share('shared')).toBeGreaterThan(2 * (await share('dense')));
    expect(await share('shared')).toBeGreaterThan(2 * (await share('local')));
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('hides controls by the link', async () => {
    const { page } = await lab.open('#/convolve?hide=settings,tabs,edit');
    await mapIs(page, '82 68 46 / 45 24 26 / 63 65 51');
    expect(await page.getByLabel('Stride s').isVisible()).toBe(false);
    expect(await page.getByRole('button', { name: 'Move the picture' }).count()).toBe(0);
    expect(await page.getByRole('textbox', { name: 'Kernel 1, row 1' }).count()).toBe(0);
    await page.close();
  });

  it.each([
    '#/convolve',
    '#/convolve?preset=several&digit=3',
    '#/convolve?preset=transposed',
    '#/convolve?view=move',
    '#/convolve?view=move&picture=3&chain=deep',
    '#/convolve?view=share',
  ])('%s can be used by everyone, light and dark, wide and narrow', async (address) => {
    const { page, troubles } = await lab.open(address);
    expect(await violationsInEveryLook(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.close();
  });
});

/** Waits until the output shows these rows. */
async function mapIs(page: Page, expected: string): Promise<void> {
  await gridIs(page.getByTestId('map').first(), expected);
}

async function gridIs(grid: Locator, expected: string): Promise<void> {
  await expect.poll(() => rowsOf(grid)).toBe(expected);
}

async function rowsOf(grid: Locator): Promise<string> {
  const rows = await grid.locator('tr').all();
  const texts = await Promise.all(rows.map((row) => row.locator('td').allInnerTexts()));
  return texts.map((cells) => cells.map((cell) => cell.trim()).join(' ')).join(' / ');
}

/** As the page writes it. */
async function printed(y: Tensor): Promise<string> {
  const values = await referenceValues(y);
  const [, rows, columns] = y.shape as readonly [number, number, number];
  return Array.from({ length: rows }, (_, r) =>
    values
      .slice(r * columns, (r + 1) * columns)
      .map((value) => String(Number(value.toFixed(2))).replace('-', '−'))
      .join(' '),
  ).join(' / ');
}

/** A picture of one red pixel. */
const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
