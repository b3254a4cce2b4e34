import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as library from '../../src/index.ts';
import { inspect, layers, lenet5, model, normalize, syntheticDigits } from '../../src/index.ts';
import { bundleLibrary, findChromium, launchChromium, servePage } from '../browser/page.ts';

const digits = syntheticDigits({ seed: 4, count: 64 });
const images = normalize(digits.images);

describe('looking in', () => {
  it('changes nothing of a training that goes on', async () => {
    const weights = [];
    for (const looks of [false, true]) {
      const network = lenet5({ seed: 5 });
      network.compile({ loss: 'sparseCategoricalCrossentropy' });
      const seen: number[] = [];
      const onBatchEnd = async () => {
        const { layers: all } = await inspect.activations(network, images.subarray(0, 784));
        const { loss } = await inspect.gradients(network, images.subarray(0, 784), digits.labels[0]!);
        await inspect.gradientHistograms(network, images, digits.labels);
        expect(loss).toBeCloseTo(-Math.log(all.at(-1)!.values[digits.labels[0]!]!), 4);
        seen.push(loss);
      };
      const callbacks = looks ? [{ name: 'look', onBatchEnd }] : [];
      await network.fit(images, digits.labels, { batchSize: 16, epochs: 2, callbacks });
      // Every look sees other weights.
      if (looks) expect(new Set(seen).size).toBe(8);
      weights.push((await network.getWeights()).map(({ data }) => data));
    }
    expect(weights[0]).toEqual(weights[1]);
  });

  it('goes on from one call to the next while another runs', async () => {
    const network = lenet5({ seed: 5 });
    const one = (i: number) => images.slice(784 * i, 784 * (i + 1));
    const all = await Promise.all([0, 1, 2, 3].map((i) => inspect.activations(network, one(i))));
    for (const [i, { layers: list }] of all.entries()) {
      expect(list.at(-1)!.values).toEqual((await inspect.activations(network, one(i))).layers.at(-1)!.values);
    }
  });

  it('sees a layer that has been added', async () => {
    const network = library.sequential([layers.dense({ units: 3, inputShape: [2] })], { seed: 0 });
    expect((await inspect.activations(network, [[1, 2]])).layers).toHaveLength(2);
    network.add(layers.dense({ units: 1 }));
    expect((await inspect.activations(network, [[1, 2]])).layers.at(-1)!.shape).toEqual([1]);
    expect(inspect.describeNetwork(network).nodes).toHaveLength(3);
  });

  it('takes whole numbers, which have no gradient', async () => {
    const words = layers.input({ shape: [4], dtype: 'int32' });
    const vectors = layers.embedding({ inputDim: 6, outputDim: 3 })(words);
    const y = layers.dense({ units: 2, activation: 'softmax' })(layers.flatten()(vectors));
    const network = model({ inputs: words, outputs: y, seed: 1 });
    const { layers: all, weights } = await inspect.gradients(network, [[1, 0, 5, 2]], 1);
    expect(all[0]!.gradient).toBeUndefined();
    expect(all[1]!.gradient).toHaveLength(12);
    expect(weights[0]!.gradient.slice(9, 12)).toEqual(new Float32Array(3));
    const of = { layer: 0, place: [1] };
    await expect(inspect.explainGradient(network, [[1, 0, 5, 2]], 1, of)).rejects.toThrow(/whole numbers/);
  });
});

/** What is seen of a network, as text. It runs in Node and in a page: it may use nothing but its arguments. */
async function look(fathom: typeof library): Promise<string[]> {
  const network = fathom.lenet5({ seed: 5 });
  const backend = await fathom.selectBackend('wasm', { threads: 1 });
  const x = fathom.normalize(fathom.syntheticDigits({ seed: 4, count: 1 }).images);
  const all = await fathom.inspect.activations(network, x, { backend });
  const cell = await fathom.inspect.explainCell(network, all, 'conv2d_1', [4, 5, 6], { backend });
  const of = { weight: 'conv2d/kernel', place: [2, 2, 0, 1] };
  const gradient = await fathom.inspect.explainGradient(network, x, 3, of, { backend });
  const html = await fathom.inspect.pageHtml(network, x, { backend });
  const { inputs } = await fathom.inspect.receptiveField(network, 'dense', [3]);
  return [cell.value, cell.sum, gradient.sum, gradient.check, html, JSON.stringify(inputs)].map(String);
}

const chromium = findChromium();
describe.skipIf(chromium === undefined)('looking in, in a page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(chromium!);
  });
  afterAll(() => browser?.close());

  it('shows what it shows in Node', async () => {
    const server = await servePage(await bundleLibrary(), { isolated: false });
    const page = await browser.newPage();
    try {
      await page.goto(server.url);
      await page.waitForFunction('window.fathom');
      expect(await page.evaluate(`(${look})(window.fathom)`)).toEqual(await look(library));
    } finally {
      await page.close();
      await server.close();
    }
  });
});
