import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, type Lab, startLab } from './lab.ts';

declare global {
  /** Timers that the page has set, run by hand. */
  var held: (() => void)[];
}

describe.skipIf(chromiumPath === undefined)('the settings in the address', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
  });
  afterAll(() => lab?.close());

  it('are not written over the address of a room that one is on the way to', async () => {
    const { page, troubles } = await lab.open('#/convolve');
    await page.evaluate(() => {
      globalThis.held = [];
      globalThis.setTimeout = ((run: () => void) => globalThis.held.push(run)) as typeof setTimeout;
    });
    await page.getByRole('button', { name: 'Move the picture' }).click();
    // The browser tells of another address in a task of its own: settings that are written before it come too late.
    await page.evaluate(() => {
      location.hash = '#/neuron';
      for (const run of globalThis.held.splice(0)) run();
    });
    await page.getByRole('heading', { level: 1, name: 'Neuron' }).waitFor();
    expect(new URL(page.url()).hash).toBe('#/neuron');
    // Where one comes from is as it was left.
    await page.getByRole('link', { name: 'Convolve' }).click();
    await page.getByRole('heading', { level: 1, name: 'Convolve' }).waitFor();
    expect(new URL(page.url()).hash).toBe('#/convolve?view=move');
    expect(troubles).toEqual([]);
    await page.close();
  });
});
