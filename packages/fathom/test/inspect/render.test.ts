import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layers, lenet5, model, sequential } from '../../src/index.ts';
import {
  describeNetwork,
  dotProductHtml,
  encodePng,
  explainCell,
  featureMaps,
  mapsHtml,
  networkSvg,
  networkTable,
  pageHtml,
  picture,
} from '../../src/inspect/index.ts';
import { findChromium, launchChromium } from '../browser/page.ts';
import { randomModel, someNumbers } from './support.ts';

const image = Float32Array.from({ length: 784 }, (_, i) => (i % 28 > 8 && i % 28 < 14 ? 1 : 0));

describe('encodePng', () => {
  const decoded = (bytes: Uint8Array) =>
    sharp(bytes).toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });

  it('writes grey levels that a decoder reads back', async () => {
    const levels = Float32Array.from({ length: 6 }, (_, i) => i);
    const { data, info } = await decoded(encodePng(picture('p', 2, 3, levels)));
    expect(info).toMatchObject({ width: 3, height: 2, channels: 3 });
    expect([...data].filter((_, i) => i % 3 === 0)).toEqual([0, 51, 102, 153, 204, 255]);
  });

  it('writes both signs in two colours, with white between', async () => {
    const { data } = await decoded(encodePng(picture('p', 1, 3, [-1, 0, 1])));
    const at = (i: number) => [...data.subarray(3 * i, 3 * i + 3)];
    expect(at(0)).toEqual([33, 102, 172]);
    expect(Math.min(...at(1))).toBeGreaterThan(240);
    expect(at(2)).toEqual([217, 95, 2]);
  });

  it('writes colours, and pictures of more than one block', async () => {
    const one = picture('p', 1, 2, [0, 0.5, 1, 1, 0, 0], 'unit', [0, 1], 3);
    expect([...(await decoded(encodePng(one))).data]).toEqual([0, 128, 255, 255, 0, 0]);
    const values = someNumbers(300 * 301).map(Math.abs);
    const large = picture('p', 300, 301, values);
    const { data, info } = await decoded(encodePng(large));
    expect(info).toMatchObject({ width: 301, height: 300 });
    expect(
      Buffer.compare(
        data.filter((_, i) => i % 3 === 0),
        large.pixels,
      ),
    ).toBe(0);
  });
});

describe('drawings', () => {
  it('show each layer and each line of a graph, with texts', () => {
    const x = layers.input({ shape: [4] });
    const y = layers.add()([layers.dense({ units: 4 })(x), x]);
    const description = describeNetwork(model({ inputs: x, outputs: y, name: 'a<b' }));
    const svg = networkSvg(description);
    expect(svg.match(/<rect/g)).toHaveLength(3);
    expect(svg.match(/marker-end/g)).toHaveLength(3);
    expect(svg).toContain('role="img"');
    expect(svg).toContain('a&#60;b: 3 layers, 20 parameters');
    expect(svg).not.toContain('a<b');
    expect(networkTable(description)).toMatch(/<th scope="row">dense<\/th>.*20/s);
  });

  it('say how pictures are scaled, and how many are left out', () => {
    const maps = featureMaps({ values: someNumbers(8 * 9), shape: [3, 3, 8] });
    const html = mapsHtml('conv', maps, 5);
    expect(html.match(/<img/g)).toHaveLength(5);
    expect(html).toMatch(/alt="conv, channel 0: 3 by 3, values from/);
    expect(html).toMatch(/Blue is −.*, orange is .*, white is 0\. 3 more are not shown\./);
  });

  it('write a number out, and sum what they do not list', async () => {
    const network = await randomModel([layers.dense({ units: 2, activation: 'relu', inputShape: [40] })]);
    const cell = await explainCell(network, someNumbers(40), 'dense', [1]);
    const html = dotProductHtml(cell, 10);
    expect(html.match(/<tr>/g)).toHaveLength(1 + 10 + 1);
    expect(html).toContain('30 smaller terms');
    expect(html).toContain('z = Σ x·w + b');
    const conv = await explainCell(lenet5({ seed: 0 }), image, 'conv2d', [0, 9, 2]);
    expect(dotProductHtml(conv).match(/class="padding"/g)).toHaveLength(3 * 10);
  });
});

describe('pageHtml', () => {
  it('is one file that asks for nothing', async () => {
    const html = await pageHtml(lenet5({ seed: 0 }), image, {
      title: '<script>',
      classes: [...'abcdefghij'],
    });
    expect(html).toContain('&#60;script&#62;');
    expect(html).not.toMatch(/<script|https?:(?!\/\/www\.w3\.org\/2000\/svg)|<link/);
    expect(html).toMatch(/Prediction: [a-j] \(/);
    for (const id of ['conv2d', 'maxPooling2d', 'flatten', 'dense_2'])
      expect(html).toContain(`<h2>${id}</h2>`);
    for (const [tag] of html.matchAll(/<img[^>]*>/g)) expect(tag).toMatch(/alt="[^"]+"/);
  });

  it.each([
    [
      'a regression on vectors',
      () => sequential([layers.dense({ units: 1, inputShape: [3] })], { seed: 0 }),
      3,
    ],
    [
      'a recurrent network',
      () =>
        sequential([layers.lstm({ units: 3, inputShape: [4, 2] }), layers.dense({ units: 2 })], { seed: 0 }),
      8,
    ],
    [
      'a dense network on pictures',
      () => sequential([layers.flatten({ inputShape: [4, 4, 1] }), layers.dense({ units: 2 })], { seed: 0 }),
      16,
    ],
    [
      'a volume',
      () =>
        sequential(
          [
            layers.conv3d({ filters: 2, kernelSize: 2, inputShape: [3, 3, 3, 1] }),
            layers.flatten(),
            layers.dense({ units: 2 }),
          ],
          { seed: 0 },
        ),
      27,
    ],
  ])('is made of %s too', async (_what, make, size) => {
    expect(await pageHtml(make(), someNumbers(size))).toContain('</html>');
  });
});

const chromium = findChromium();
describe.skipIf(chromium === undefined)('the page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(chromium!);
  });
  afterAll(() => browser?.close());

  it.each(['light', 'dark'] as const)(
    'shows its pictures in %s, without an error or a request',
    async (colorScheme) => {
      const html = await pageHtml(lenet5({ seed: 0 }), image);
      const page = await browser.newPage({ colorScheme, viewport: { width: 1024, height: 800 } });
      const trouble: string[] = [];
      page.on('console', (message) => trouble.push(message.text()));
      page.on('pageerror', (error) => trouble.push(error.message));
      page.on('request', (request) => {
        if (!/^(data|about):/.test(request.url())) trouble.push(request.url());
      });
      await page.setContent(html);
      const found = await page.evaluate(() => ({
        images: [...document.images].every(({ complete, naturalWidth }) => complete && naturalWidth > 0),
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ground: getComputedStyle(document.body).backgroundColor,
      }));
      await page.close();
      expect(trouble).toEqual([]);
      expect(found.images).toBe(true);
      expect(found.overflow).toBe(0);
      expect(found.ground).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(20, 24, 28)');
    },
  );
});
