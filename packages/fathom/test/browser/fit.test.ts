import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectFeatures } from '../../src/backends/wasm/features.ts';
import * as library from '../../src/index.ts';
import { bundleLibrary, findChromium, launchChromium, servePage } from './page.ts';

type Library = typeof library;
type Run = {
  readonly losses: readonly number[];
  readonly rate: number;
  readonly weights: readonly number[];
  readonly stopped: readonly boolean[];
};

/**
 * Fits a small network with callbacks: once in one go, or cut off by an AbortSignal after every few steps, each time
 * gone on with from bytes by a new model. It runs in Node and, as text, in a page: it may use nothing but its arguments.
 */
async function fit(fathom: Library, stepsAtOnce: number): Promise<Run> {
  const { images, labels } = fathom.syntheticDigits({ seed: 5, count: 60 });
  const x = fathom.normalize(images);
  let kept: Uint8Array | undefined;
  const stopped: boolean[] = [];
  for (;;) {
    const model = fathom.sequential(
      [
        fathom.flatten({ inputShape: [28, 28, 1] }),
        fathom.dense({ units: 12, activation: 'relu' }),
        fathom.dropout({ rate: 0.2 }),
        fathom.dense({ units: 10, activation: 'softmax' }),
      ],
      { seed: 1 },
    );
    const backend = await fathom.selectBackend('wasm', { threads: 1 });
    model.compile({
      optimizer: fathom.adam({ learningRate: 0.01 }),
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
      backend,
    });
    const controller = new AbortController();
    let steps = 0;
    const { history, stopped: cut } = await model.fit(x, labels, {
      epochs: 4,
      batchSize: 16,
      validationSplit: 0.2,
      signal: controller.signal,
      callbacks: [
        fathom.reduceLrOnPlateau({ monitor: 'loss', patience: 1, minDelta: 0.3, factor: 0.5 }),
        fathom.earlyStopping({ patience: 3, restoreBestWeights: true }),
        fathom.terminateOnNaN(),
        {
          onBatchEnd() {
            if (++steps === stepsAtOnce) controller.abort();
          },
          store: {
            saveFreq: 'epoch',
            load: async () => kept && fathom.decodeCheckpoint(kept),
            save: async (checkpoint) => {
              kept = fathom.encodeCheckpoint(checkpoint);
            },
          },
        },
      ],
    });
    stopped.push(cut);
    if (cut) continue;
    const weights = (await model.getWeights()).flatMap(({ data }) => [...data]);
    return { losses: history.loss!, rate: model.optimizer!.learningRate as number, weights, stopped };
  }
}

const chromiumPath = findChromium();

describe('fit in Node', () => {
  it('goes on where a signal has cut it off, to the same bits', async () => {
    const whole = await fit(library, Number.POSITIVE_INFINITY);
    const parts = await fit(library, 5);
    expect(whole.stopped).toEqual([false]);
    expect(parts.stopped).toEqual([true, true, false]);
    expect({ ...parts, stopped: [] }).toEqual({ ...whole, stopped: [] });
  });
});

describe.skipIf(chromiumPath === undefined)('fit in a page', () => {
  let browser: Browser;
  let bundle: string;
  beforeAll(async () => {
    [browser, bundle] = await Promise.all([launchChromium(chromiumPath!), bundleLibrary()]);
  });
  afterAll(() => browser?.close());

  it('has callbacks, signals and checkpoints as in Node', async () => {
    const server = await servePage(bundle, { isolated: false });
    const page = await browser.newPage();
    try {
      await page.goto(server.url);
      await page.waitForFunction('window.fathom');
      const whole = (await page.evaluate(`(${fit})(window.fathom, Infinity)`)) as Run;
      const parts = (await page.evaluate(`(${fit})(window.fathom, 5)`)) as Run;
      expect(parts.stopped).toEqual([true, true, false]);
      expect({ ...parts, stopped: [] }).toEqual({ ...whole, stopped: [] });
      const inNode = await fit(library, Number.POSITIVE_INFINITY);
      const relaxed = (await page.evaluate(`window.fathom.detectFeatures().relaxed`)) as boolean;
      // Where both engines have the fused multiply-add, they come to the same bits.
      if (relaxed === detectFeatures().relaxed) expect(whole).toEqual(inNode);
      else expect(whole.losses.at(-1)).toBeCloseTo(inNode.losses.at(-1)!, 2);
    } finally {
      await page.close();
      await server.close();
    }
  });
});
