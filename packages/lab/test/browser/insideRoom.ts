// How tests come to what the room Look inside shows, and read it.

import { layers, type Model, saveWeights, sequential } from 'fathom';
import type { Page } from 'playwright-core';

/** The page prints four decimals. */
export const PRINTED = 6e-5;

/** Numbers of a sample, as they stand in the address. */
export const wave = (count: number) =>
  Array.from({ length: count }, (_, i) => Math.round(50 + 49 * Math.sin(i * i)) / 100);

/** One of three classes from four numbers. */
export function tableModel(): Model {
  const { dense } = layers;
  return sequential(
    [dense({ units: 6, activation: 'tanh', inputShape: [4] }), dense({ units: 3, activation: 'softmax' })],
    { name: 'table', seed: 4 },
  );
}

export async function openModel(page: Page, model: Model, record?: unknown): Promise<void> {
  await page.getByLabel('Open a run …').setInputFiles(await filesOf(model, record));
  await page.waitForURL(/network=file/);
}

/** The files of a run; without a record, of a model alone. */
export async function filesOf(model: Model, record?: unknown) {
  const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/octet-stream', buffer });
  return [
    file('model.json', Buffer.from(JSON.stringify(model.toConfig()))),
    file('weights.safetensors', Buffer.from(await saveWeights(model))),
    ...(record ? [file('run.json', Buffer.from(JSON.stringify(record)))] : []),
  ];
}

/** Goes to an address of the room, until all that is asked there is answered. */
export async function goTo(page: Page, query: Readonly<Record<string, string>>): Promise<void> {
  const text = new URLSearchParams(query).toString();
  await page.evaluate(
    (hash) =>
      new Promise<void>((resolve) => {
        if (location.hash === hash) resolve();
        addEventListener('hashchange', () => requestAnimationFrame(() => resolve()), { once: true });
        location.hash = hash;
      }),
    `#/inside?${text}`,
  );
  await page.locator('.room[aria-busy="false"]').waitFor();
}

export async function numberIn(page: Page, id: string): Promise<number> {
  const text = (await page.getByTestId(id).first().innerText())
    .trim()
    .replaceAll('−', '-')
    .replace(/[()]/g, '');
  const [mantissa, power] = text.split('·10');
  const digits = power
    ?.replace('⁻', '-')
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (digit) => String('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(digit)));
  return Number(mantissa) * 10 ** Number(digits ?? 0);
}

export async function shot(page: Page, name: string, level: string): Promise<void> {
  if (!process.env.SHOTS) return;
  await page.waitForTimeout(400);
  for (const dark of [false, true]) {
    await page.evaluate(
      (theme) => {
        document.documentElement.dataset.theme = theme;
      },
      dark ? 'dark' : 'light',
    );
    for (const width of [1280, 820]) {
      await page.setViewportSize({ width, height: 1000 });
      await page.waitForTimeout(250);
      await page.screenshot({
        path: `${process.env.SHOTS}/${name.replaceAll(' ', '-')}-${level}-${width}-${dark ? 'dark' : 'light'}.png`,
        fullPage: true,
      });
    }
  }
  await page.setViewportSize({ width: 1280, height: 1000 });
}
