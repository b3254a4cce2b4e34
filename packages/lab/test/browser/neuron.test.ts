import { inspect, lifeExpectancy } from 'fathom';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { START, taskOf, unroll } from '../../src/rooms/neuron/backprop.ts';
import { formatNumber } from '../../src/views/matrix.ts';
import { chromiumPath, type Lab, startLab, violationsInEveryLook } from './lab.ts';

describe.skipIf(chromiumPath === undefined)('the room Neuron', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
  });
  afterAll(() => lab?.close());

  const text = (page: Page, id: string) => page.getByTestId(id).innerText();
  const number = async (page: Page, id: string) =>
    Number((await text(page, id)).replace('−', '-').replace(' %', ''));

  it('finds the line of the normal equation by descent', async () => {
    const { page, troubles } = await lab.open('#/neuron?steps=2000');
    const { line } = (await inspect.normalEquation(lifeExpectancy({ seed: 1 })))!;
    await expect.poll(() => text(page, 'normal-slope')).toBe(formatNumber(line.slope, 4));
    expect(await text(page, 'normal-intercept')).toBe(formatNumber(line.intercept, 4));
    expect(await text(page, 'descent-slope')).toBe('5');
    await page.getByRole('button', { name: 'To the end' }).click();
    expect(await number(page, 'descent-slope')).toBeCloseTo(line.slope, 1);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('shows what a rate that is too large does, and takes own tables', async () => {
    const { page, troubles } = await lab.open('#/neuron');
    await page.getByLabel('Rate α').fill('0.2');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The rate is too large').waitFor();
    await page.getByLabel('Rate α').fill('0.01');
    await page.keyboard.press('Enter');
    await page.getByText('Own table').click();
    await page.getByRole('textbox', { name: 'Table' }).fill('x,y\n0,3\n1,1\n2,-1');
    await page.getByRole('button', { name: 'Use this table' }).click();
    await page.getByText('3 points and two lines').waitFor();
    await expect.poll(() => text(page, 'normal-slope')).toBe('−2');
    await page.getByRole('textbox', { name: 'Table' }).fill('1,2\n3,three');
    await page.getByRole('button', { name: 'Use this table' }).click();
    await page.getByText('Line 2: expected 2 numbers; received “3,three”.').waitFor();
    await page.getByRole('button', { name: 'No points' }).click();
    await page.getByRole('alert').getByText('XᵀX has no inverse').waitFor();
    const plot = page.getByRole('button', { name: 'Add a point where you click' });
    await plot.click({ position: { x: 100, y: 100 } });
    await plot.click({ position: { x: 300, y: 200 } });
    await page.getByText('2 points and two lines').waitFor();
    await expect.poll(() => page.getByRole('alert').count()).toBe(0);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('trains logistic regression until nearly every point is right', async () => {
    const { page, troubles } = await lab.open('#/neuron?view=plane');
    await page.getByRole('button', { name: 'Play' }).click();
    await expect.poll(() => number(page, 'accuracy'), { timeout: 20_000 }).toBeGreaterThan(98);
    await page.getByRole('button', { name: 'Pause' }).click();
    // The steps of the last frame still come.
    await page.locator('section[aria-label="Training"][aria-busy="false"]').waitFor();
    const steps = await number(page, 'steps');
    expect(steps).toBeGreaterThan(10);
    // Another rate goes on with the same network.
    await page.getByLabel('Rate α').fill('0.05');
    await page.keyboard.press('Enter');
    await page.waitForURL(/rate=0.05/);
    await page.getByRole('button', { name: 'One step' }).click();
    await expect.poll(() => number(page, 'steps')).toBe(steps + 1);
    await page.getByRole('button', { name: 'Reset' }).click();
    await expect.poll(() => text(page, 'steps')).toBe('0');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('solves XOR with a hidden layer only', async () => {
    const { page } = await lab.open('#/neuron?view=plane&example=xor-line&pace=100');
    for (let i = 0; i < 5; i++) await page.getByRole('button', { name: '100 steps' }).click();
    await expect.poll(() => text(page, 'steps')).toBe('500');
    expect(await number(page, 'accuracy')).toBeLessThanOrEqual(75);
    await page.getByRole('combobox', { name: 'Example', exact: true }).selectOption('xor');
    await page.getByRole('button', { name: 'Play' }).click();
    await expect.poll(() => number(page, 'accuracy'), { timeout: 20_000 }).toBe(100);
    await page.close();
  });

  it('keeps drawing while it trains', async () => {
    const { page } = await lab.open('#/neuron?view=plane&example=spiral');
    await page.getByTestId('steps').waitFor();
    await page.getByRole('button', { name: 'Play' }).click();
    const frames = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const begin = performance.now();
          let count = 0;
          const tick = () => {
            count++;
            if (performance.now() - begin < 2000) requestAnimationFrame(tick);
            else resolve(count / 2);
          };
          requestAnimationFrame(tick);
        }),
    );
    console.log(`frames a second while the spiral is learned: ${frames.toFixed(0)}`);
    // How many depends on the machine; that they go on does not.
    expect(frames).toBeGreaterThan(0);
    expect(await number(page, 'steps')).toBeGreaterThan(0);
    await page.close();
  });

  it('shows the failures: zeros learn nothing in the first layer, too large a rate ends it', async () => {
    const { page } = await lab.open('#/neuron?view=plane&example=zeros');
    await page.getByRole('button', { name: '100 steps' }).click();
    await expect.poll(() => text(page, 'steps')).toBe('100');
    expect(await page.getByTestId('norm').first().innerText()).toBe('0');
    await page.getByRole('combobox', { name: 'First weights', exact: true }).selectOption('large');
    await page.getByRole('combobox', { name: 'Activation', exact: true }).selectOption('square');
    await page.getByLabel('Rate α').fill('1000');
    await page.keyboard.press('Enter');
    await page.getByLabel('Hidden layers').fill('8, 8, 8');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Play' }).click();
    await page.getByRole('alert').getByText('no longer finite').waitFor();
    await page.close();
  });

  it('lets one change an edge, and the answer changes', async () => {
    const { page, troubles } = await lab.open('#/neuron?view=plane&example=xor');
    await page.getByTestId('cost').waitFor();
    const before = await text(page, 'cost');
    const place = await page.locator('path[data-edge="0,1,2"]').evaluate((element) => {
      const path = element as unknown as SVGPathElement;
      const { x, y } = path.getPointAtLength(0.9 * path.getTotalLength());
      const at = new DOMPoint(x, y).matrixTransform(path.getScreenCTM()!);
      return { x: at.x, y: at.y };
    });
    await page.mouse.click(place.x, place.y);
    await page.getByText('Into neuron 3 of layer 1').waitFor();
    await page.getByRole('button', { name: 'Weights of neuron 2 of layer 1' }).click();
    await page.getByText('Into neuron 2 of layer 1').waitFor();
    await page.getByRole('button', { name: 'Weights of neuron 3 of layer 1' }).click();
    await page.getByLabel('w from y').fill('2.5');
    await page.keyboard.press('Enter');
    await expect.poll(() => text(page, 'cost')).not.toBe(before);
    expect(await page.getByTestId('weights').innerText()).toContain('2.5·y');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('takes own points and tables, and goes on after a bad one', async () => {
    const { page, troubles } = await lab.open('#/neuron?view=plane');
    const plane = page.getByRole('button', { name: 'The plane with' });
    await plane.waitFor();
    await page.getByRole('button', { name: 'No points' }).click();
    await page.getByRole('alert').getByText('Two points at least').waitFor();
    await plane.click({ position: { x: 100, y: 100 } });
    await page.getByRole('combobox', { name: 'A click adds', exact: true }).selectOption('0');
    await plane.click({ position: { x: 250, y: 250 } });
    await page.getByRole('button', { name: 'The plane with 2 points' }).waitFor();
    await page.getByText('Own table').click();
    await page
      .getByLabel('CSV file')
      .setInputFiles({ name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('1,2,3\n') });
    await page.getByRole('alert').getByText('two classes').waitFor();
    await page.getByLabel('CSV file').setInputFiles({
      name: 'people.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('height,weight,class\n180,80,1\n170,62,0\n165,55,0\n190,90,1\n'),
    });
    await page.getByRole('button', { name: 'The plane with 4 points' }).waitFor();
    await page.getByRole('button', { name: '100 steps' }).click();
    await expect.poll(() => number(page, 'accuracy')).toBe(100);
    await page.waitForURL(/points=/);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('plots functions with the curriculum’s numbers', async () => {
    const { page, troubles } = await lab.open('#/neuron?view=functions');
    await expect.poll(() => text(page, 'loss')).toBe('0.3147');
    await expect.poll(() => page.getByTestId('p').allInnerTexts()).toEqual(['0.71', '0.26', '0.04']);
    await page.getByRole('button', { name: '4 2 8' }).click();
    await expect.poll(() => page.getByTestId('p').allInnerTexts()).toEqual(['0.02', '0.00', '0.98']);
    await page.getByRole('combobox', { name: 'Loss', exact: true }).selectOption('meanSquaredError');
    await page.getByRole('spinbutton', { name: 'Prediction p' }).fill('40');
    await page.getByRole('spinbutton', { name: 'Target t' }).fill('80');
    await page.keyboard.press('Enter');
    await expect.poll(() => text(page, 'loss')).toBe('1600');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('computes losses of several numbers, and says when they do not fit together', async () => {
    const { page, troubles } = await lab.open('#/neuron?view=functions');
    await expect.poll(() => text(page, 'crossentropy')).toBe('0.2231');
    await page.getByRole('button', { name: 'house: price and rent' }).click();
    await expect.poll(() => text(page, 'mse')).toBe('20\u2009000\u2009125\u2009000');
    await page.getByRole('textbox', { name: 'Prediction p' }).fill('1 2 3');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('received 2 and 3').waitFor();
    await page.getByRole('button', { name: '40 for 80' }).click();
    await expect.poll(() => text(page, 'loss')).toBe('1600');
    await page.getByRole('combobox', { name: 'Function', exact: true }).selectOption('leakyRelu');
    await page.getByLabel('Slope γ').fill('0.5');
    await page.getByRole('spinbutton', { name: 'x', exact: true }).fill('-2');
    await page.keyboard.press('Enter');
    await expect.poll(() => text(page, 'value')).toBe('−1');
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('draws the paths of batch, mini-batch and single points side by side', async () => {
    const { page, troubles } = await lab.open('#/neuron?steps=50');
    await page.getByLabel('Steps take').selectOption('-1');
    await page.getByText('mini-batch of 8').first().waitFor();
    await page.getByRole('button', { name: 'To the end' }).click();
    await expect.poll(() => page.getByTestId('cost').count()).toBe(3);
    expect(new Set(await page.getByTestId('cost').allInnerTexts()).size).toBe(3);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('comes near any function with tanh and ReLU, and not with a polynomial', async () => {
    const { page, troubles } = await lab.open('#/neuron?view=approximate');
    const errors = async (id: string) =>
      (await page.getByTestId(`error-${id}`).allInnerTexts()).map((word) =>
        word.includes('10') ? 0 : Number(word),
      );
    await expect.poll(async () => (await errors('tanh')).length).toBe(8);
    for (const id of ['tanh', 'relu']) {
      const [first, last] = [(await errors(id))[0]!, (await errors(id)).at(-1)!];
      expect(first).toBeGreaterThan(0.5);
      expect(last).toBeLessThan(0.02);
    }
    const floor = await errors('polynomial');
    expect(new Set(floor.slice(3)).size).toBe(1);
    expect(floor.at(-1)).toBeGreaterThan(0.5);
    await page.getByRole('slider', { name: 'Hidden units' }).press('ArrowRight');
    await expect.poll(() => text(page, 'units')).toBe('16');
    expect(await number(page, 'largest-polynomial')).toBe(floor.at(-1));
    await page.waitForURL(/units=16/);
    // A curve of one's own, by the pen and by keys.
    await page.getByRole('combobox', { name: 'Function f' }).selectOption('own');
    const box = (await page.getByTestId('own').boundingBox())!;
    await page.mouse.move(box.x + 0.2 * box.width, box.y + 0.2 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.6 * box.width, box.y + 0.8 * box.height, { steps: 12 });
    await page.mouse.up();
    await page.waitForURL(/curve=/);
    const point = page.getByRole('slider', { name: 'f at x = 0', exact: true });
    const before = Number(await point.inputValue());
    await point.press('ArrowUp');
    await expect.poll(async () => Number(await point.inputValue())).toBeGreaterThan(before);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it('steps through backpropagation with the library’s numbers', async () => {
    const { page, troubles } = await lab.open('#/neuron?view=backprop');
    const { steps, nextCost } = unroll(START, await inspect.backpropagation(taskOf(START)));
    for (const [i, step] of steps.entries()) {
      await page.getByText(`step ${i + 1} of ${steps.length}`).waitFor();
      const now = await page.getByTestId('now').innerText();
      expect(now).toContain(step.name);
      expect(now).toContain(`= ${formatNumber(step.result, 6)}`);
      if (step.difference !== undefined) {
        expect(await text(page, 'difference')).toBe(formatNumber(step.difference, 6));
      }
      if (i + 1 < steps.length) await page.getByRole('button', { name: 'Next', exact: true }).click();
    }
    expect(await text(page, 'next-cost')).toBe(formatNumber(nextCost, 4));
    await page.getByRole('button', { name: 'Take the new weights' }).click();
    await page.getByText('step 1 of 29').waitFor();
    await page.waitForURL(/weights=/);
    await page.getByRole('button', { name: 'To the end' }).click();
    await expect.poll(() => number(page, 'next-cost')).toBeLessThan(nextCost);
    expect(troubles).toEqual([]);
    await page.close();
  });

  it.each([
    '#/neuron',
    '#/neuron?view=plane&example=spiral',
    '#/neuron?view=functions',
    '#/neuron?view=approximate&f=own',
    '#/neuron?view=backprop&at=13',
  ])('%s can be used by everyone, light and dark, wide and narrow', async (address) => {
    const { page, troubles } = await lab.open(address);
    expect(await violationsInEveryLook(page)).toEqual([]);
    expect(troubles).toEqual([]);
    await page.close();
  });
});
