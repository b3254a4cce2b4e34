import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDataset, type Dataset } from 'fathom';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { glyphPixel } from '../../src/images/glyphs.ts';
import { writePreviewSheet } from '../../src/images/previewSheet.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fathom-sheet-'));
  path = join(folder, 'sheet.png');
});
afterEach(() => rm(folder, { recursive: true }));

/** Sample i is filled with the level 10 · i. */
function levels(count: number, shape = [28, 28, 1], classes = ['0', '1', '2']): Dataset {
  const size = shape.reduce((a, b) => a * b, 1);
  return createDataset({
    name: 'levels',
    images: new Uint8Array(count * size).map((_, i) => 10 * Math.floor(i / size)),
    labels: Uint8Array.from({ length: count }, (_, i) => i % classes.length),
    shape,
    classes,
  });
}

async function readPng(): Promise<{ at: (x: number, y: number) => number[]; width: number; height: number }> {
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  expect((await sharp(path).metadata()).format).toBe('png');
  return { width, height, at: (x, y) => [...data.subarray((y * width + x) * channels).subarray(0, 3)] };
}

/** The text found at the place of the glyphs: what a reader of the picture sees. */
function readText(
  page: { at: (x: number, y: number) => number[] },
  left: number,
  top: number,
  scale: number,
  alphabet: string,
  length: number,
): string {
  let text = '';
  for (let i = 0; i < length; i++) {
    const isDark = (x: number, y: number) => page.at(left + (6 * i + x) * scale, top + y * scale)[0]! < 128;
    const matches = (character: string) =>
      Array.from({ length: 35 }, (_, k) => [k % 5, Math.floor(k / 5)] as const).every(
        ([x, y]) => glyphPixel(character, x, y) === isDark(x, y),
      );
    text += [...alphabet].find(matches) ?? '¿';
  }
  return text;
}

const ALPHABET = " '()+,-./0123456789:=?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz×#%&_";

describe('writePreviewSheet', () => {
  it('draws each sample in its place, three pixels for one, with its class below', async () => {
    const size = await writePreviewSheet(path, levels(7), { rows: 3, columns: 4 });
    const page = await readPng();
    expect(size).toEqual({ width: page.width, height: page.height, shown: 7 });
    // Margin 16, title 14, margin 16; cells of 84 + 12 by 84 + 5 + 14 + 12.
    for (let i = 0; i < 7; i++) {
      const left = 16 + (i % 4) * 96;
      const top = 46 + Math.floor(i / 4) * 115;
      for (const [dx, dy] of [
        [0, 0],
        [83, 0],
        [0, 83],
        [83, 83],
      ] as const) {
        expect(page.at(left + dx, top + dy)).toEqual([10 * i, 10 * i, 10 * i]);
      }
      expect(page.at(left + 84, top + 40)).toEqual([0xf7, 0xf7, 0xf7]);
      expect(readText(page, left + 37, top + 89, 2, ALPHABET, 1)).toBe(String(i % 3));
    }
    expect(readText(page, 16, 16, 2, ALPHABET, 32)).toBe('levels: 7 of 7 samples, 28×28×1 '.slice(0, 32));
    expect(await readdir(folder)).toEqual(['sheet.png']);
  });

  it('writes long class names in small letters', async () => {
    await writePreviewSheet(path, levels(2, [28, 28, 1], ['T-shirt/top', 'Ankle boot']), {
      rows: 1,
      columns: 2,
    });
    const page = await readPng();
    expect(readText(page, 16 + 9, 46 + 89, 1, ALPHABET, 11)).toBe('T-shirt/top');
    expect(readText(page, 16 + 96 + 12, 46 + 89, 1, ALPHABET, 10)).toBe('Ankle boot');
  });

  it('shows colours', async () => {
    const dataset = createDataset({
      name: 'red',
      images: Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) => (i % 3 === 0 ? 200 : 30)),
      labels: Uint8Array.of(0),
      shape: [4, 4, 3],
      classes: ['r'],
    });
    await writePreviewSheet(path, dataset);
    expect((await readPng()).at(60, 60)).toEqual([200, 30, 30]);
  });

  it('stretches float images to the whole range', async () => {
    const images = Float32Array.from({ length: 8 }, (_, i) => (i < 4 ? -1 : 1));
    const parts = { name: 'f', labels: Uint8Array.of(0, 0), shape: [2, 2, 1], classes: ['x'] };
    await writePreviewSheet(path, createDataset({ ...parts, images }), { rows: 1, columns: 2 });
    const page = await readPng();
    expect([page.at(20, 60)[0], page.at(16 + 76 + 4, 60)[0]]).toEqual([0, 255]);
  });

  it.each([0, 101, 1.5, Number.NaN])('refuses %s rows', async (rows) => {
    await expect(writePreviewSheet(path, levels(2), { rows })).rejects.toThrow(/expected rows in \[1, 100\]/);
  });

  it('refuses samples that are no pictures, and pictures beyond bounds; nothing is written', async () => {
    await expect(writePreviewSheet(path, levels(1, [784]))).rejects.toThrow(
      /\[H, W, 1\] or \[H, W, 3\].*\[784\]/,
    );
    await expect(writePreviewSheet(path, levels(1, [1, 10_000_000, 1]))).rejects.toThrow(
      /at most 100 megapixels/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it('names the file that it cannot write', async () => {
    const nowhere = join(folder, 'no', 'sheet.png');
    await expect(writePreviewSheet(nowhere, levels(1))).rejects.toThrow(
      `cannot write ${nowhere}: its folder does not`,
    );
  });
});

describe('glyphPixel', () => {
  it('tells every character of the alphabet from every other', () => {
    const shapes = [...ALPHABET].map((character) =>
      Array.from({ length: 35 }, (_, k) => +glyphPixel(character, k % 5, Math.floor(k / 5))).join(''),
    );
    expect(new Set(shapes).size).toBe(ALPHABET.length);
  });
});
