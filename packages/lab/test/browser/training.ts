import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { unzip } from '../../src/lib/zip.ts';

/** Nothing takes that long on a machine that is only busy: something hangs. */
export const HANGS_MS = 120_000;
/** For tests that make much data or train long, of which the time is not what they are about. */
export const LONG_MS = 480_000;

/** Waits until data and network of the room Train are there. */
export async function ready(page: Page): Promise<void> {
  await page.locator('button:has-text("▶ Train"):enabled').waitFor({ timeout: HANGS_MS });
}

/** Waits while training goes on, for as many epochs as it may take, until validation accuracy is more than so many percent. */
export async function learned(page: Page, percent: number, epochs: number): Promise<void> {
  for (let at = { epochs: 0, accuracy: 0, steps: '' }; at.accuracy <= percent; ) {
    if (at.epochs > epochs) throw new Error(`after ${epochs} epochs the accuracy is ${at.accuracy} %`);
    await page.waitForFunction(
      (steps) => document.querySelector('[data-testid=steps]')?.textContent !== steps,
      at.steps,
      { timeout: HANGS_MS },
    );
    at = await page.evaluate(() => {
      const text = (selector: string) => document.querySelector(selector)?.textContent ?? '';
      return {
        epochs: Number(text('[data-testid=epochs]')),
        accuracy: Number.parseFloat(text('[data-testid=accuracy]')),
        steps: text('[data-testid=steps]'),
      };
    });
  }
}

export async function stepOnce(page: Page, steps: number): Promise<void> {
  await page.getByRole('button', { name: 'One step' }).click();
  await page.locator('label.time', { hasText: `After step ${steps}` }).waitFor();
}

/** Looks at the moment of that number, 0 being the first, as one does by keys. */
export async function scrubTo(page: Page, moment: number): Promise<void> {
  const slider = page.getByLabel('Look back through time');
  await slider.focus();
  await slider.press('Home');
  for (let i = 0; i < moment; i++) await slider.press('ArrowRight');
}

/** The file that Save run hands out, and what is in it by name. */
export async function saveRun(
  page: Page,
): Promise<{ zip: Buffer; files: Map<string, Uint8Array<ArrayBuffer>> }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save run' }).click(),
  ]);
  const zip = await readFile(await download.path());
  const files = await unzip(new Uint8Array(zip), download.suggestedFilename(), 1 << 30);
  return { zip, files: new Map(files.map(({ name, bytes }) => [name, bytes])) };
}

/** The fingerprint that a saved run has of its weights. */
export function weightsOf(files: ReadonlyMap<string, Uint8Array>): string {
  const record = JSON.parse(new TextDecoder().decode(files.get('run.json'))) as { weightsSha256: string };
  return record.weightsSha256;
}
