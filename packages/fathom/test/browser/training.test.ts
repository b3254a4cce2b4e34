import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectFeatures } from '../../src/backends/wasm/features.ts';
import * as library from '../../src/index.ts';
import { bundleLibrary, findChromium, launchChromium, servePage } from './page.ts';

type Library = typeof library;
type Training = { readonly losses: readonly number[]; readonly threads: number };

/**
 * Trains LeNet-5 on drawn digits, some steps on the wasm backend. It runs in Node and, as text, in a page: it may
 * use nothing but its arguments.
 */
async function train(fathom: Library, threads: number): Promise<Training> {
  const backend = await fathom.selectBackend('wasm', { threads });
  const model = fathom.lenet5({ seed: 3 });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', backend });
  const losses: number[] = [];
  for (let step = 0; step < 40; step++) {
    const { images, labels } = fathom.syntheticDigits({ seed: 3, count: 32, start: step * 32 });
    const { loss } = await model.trainOnBatch(fathom.normalize(images), labels);
    losses.push(loss!);
  }
  return { losses, threads: backend.threads };
}

const chromiumPath = findChromium();
if (chromiumPath === undefined && process.env.CI) {
  throw new Error('no Chromium was found, and CI must not go without the browser tests: install chromium');
}
if (chromiumPath === undefined) {
  console.warn('The browser tests are left out: no Chromium was found. On Debian: apt-get install chromium');
}

describe.skipIf(chromiumPath === undefined)('training LeNet-5 in a page', () => {
  let browser: Browser;
  let bundle: string;
  let inNode: Training;

  beforeAll(async () => {
    [browser, bundle, inNode] = await Promise.all([
      launchChromium(chromiumPath!),
      bundleLibrary(),
      train(library, 1),
    ]);
  });
  afterAll(() => browser?.close());

  /** What the page's own engine computes, and what it has. */
  async function trainInPage(isolated: boolean): Promise<{
    isolated: boolean;
    relaxed: boolean;
    training: Training;
    errors: string[];
  }> {
    const server = await servePage(bundle, { isolated });
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    try {
      await page.goto(server.url);
      await page.waitForFunction('window.fathom');
      const training = (await page.evaluate(`(${train})(window.fathom, 2)`)) as Training;
      return {
        isolated: (await page.evaluate('crossOriginIsolated')) as boolean,
        relaxed: (await page.evaluate(
          `WebAssembly.validate(new Uint8Array([${RELAXED_MODULE}]))`,
        )) as boolean,
        training,
        errors,
      };
    } finally {
      await page.close();
      await server.close();
    }
  }

  it.each([
    { isolated: true, threads: 2, how: 'on two threads where the page is cross-origin isolated' },
    { isolated: false, threads: 1, how: 'on one thread where it is not' },
  ])('learns $how', async ({ isolated, threads }) => {
    const found = await trainInPage(isolated);
    expect(found.errors).toEqual([]);
    expect(found.isolated).toBe(isolated);
    expect(found.training.threads).toBe(threads);
    const { losses } = found.training;
    expect(losses).toHaveLength(inNode.losses.length);
    expect(mean(losses.slice(-5))).toBeLessThan(0.8 * mean(losses.slice(0, 5)));
    // The same arithmetic gives the same bits; without the fused multiply-add each product is rounded once more.
    if (found.relaxed === detectFeatures().relaxed) expect(losses).toEqual(inNode.losses);
    else for (const [i, loss] of losses.entries()) expect(loss).toBeCloseTo(inNode.losses[i]!, 3);
  });
});

/** A module with one f32x4.relaxed_madd. */
const RELAXED_MODULE = [
  ...[
    0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, 0x03, 0x02,
    0x01,
  ],
  ...[
    0x00, 0x0a, 0x13, 0x01, 0x11, 0x00, 0x41, 0x00, 0xfd, 0x11, 0x41, 0x00, 0xfd, 0x11, 0x41, 0x00, 0xfd,
    0x11,
  ],
  ...[0xfd, 0x85, 0x02, 0x0b],
];

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
