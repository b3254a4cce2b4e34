import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { DataError } from 'fathom';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDigitImage } from '../../src/images/readDigitImage.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fathom-images-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A 7 as vector drawing; `attributes` colour the line, `ground` the sheet. */
function seven(ground: string | undefined, ink: string, size = 600): Buffer {
  const sheet = ground === undefined ? '' : `<rect width="600" height="600" fill="${ground}"/>`;
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 600 600">${sheet}` +
      `<path d="M180,120 L430,120 L290,500" fill="none" stroke="${ink}" stroke-width="44"/></svg>`,
  );
}

function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

async function refusal(input: string | Uint8Array): Promise<DataError> {
  const error = await readDigitImage(input).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DataError) return error;
  throw new Error(`expected a DataError, received ${error}`);
}

describe('readDigitImage', () => {
  it.each<[string, boolean, () => Promise<Buffer>]>([
    ['white on black, PNG', false, () => sharp(seven('#000', '#fff')).png().toBuffer()],
    ['black on white, JPEG', true, () => sharp(seven('#fff', '#000')).jpeg({ quality: 60 }).toBuffer()],
    [
      'blue on yellow, large',
      true,
      () =>
        sharp(seven('#fe8', '#12a', 3000))
          .jpeg()
          .toBuffer(),
    ],
    ['black on transparent', true, () => sharp(seven(undefined, '#000')).png().toBuffer()],
    ['white on transparent', false, () => sharp(seven(undefined, '#fff')).png().toBuffer()],
    ['grey, 16 bits', true, () => sharp(seven('#fff', '#000')).toColourspace('grey16').png().toBuffer()],
    ['with a palette', true, () => sharp(seven('#fff', '#000')).png({ palette: true }).toBuffer()],
    ['CMYK', true, () => sharp(seven('#fff', '#000')).toColourspace('cmyk').jpeg().toBuffer()],
    ['WebP', true, () => sharp(seven('#fff', '#000')).webp().toBuffer()],
    ['GIF', true, () => sharp(seven('#fff', '#000')).gif().toBuffer()],
    ['TIFF', true, () => sharp(seven('#fff', '#000')).tiff().toBuffer()],
    [
      'turned by the camera',
      true,
      () => sharp(seven('#fff', '#000')).rotate(-90).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    ],
  ])('reads the same 7: %s', async (_, inverted, make) => {
    const plain = await readDigitImage(await sharp(seven('#000', '#fff')).png().toBuffer());
    const read = await readDigitImage(await make());
    expect(read.inverted).toBe(inverted);
    expect(read.pixels).toHaveLength(784);
    expect(meanDifference(read.pixels, plain.pixels)).toBeLessThan(0.01);
  });

  it('reads from a path as from memory', async () => {
    const bytes = await sharp(seven('#fff', '#000')).png().toBuffer();
    const path = join(folder, 'seven.png');
    await writeFile(path, bytes);
    expect(await readDigitImage(path)).toEqual(await readDigitImage(bytes));
  });

  it('refuses what is missing, a folder, or too large a file', async () => {
    const missing = join(folder, 'missing.png');
    expect((await refusal(missing)).message).toContain(`there is no such file (${missing})`);
    expect((await refusal(folder)).message).toContain('this is no file');
    const huge = join(folder, 'huge.png');
    await writeFile(huge, 'x');
    await truncate(huge, 65 << 20);
    expect((await refusal(huge)).message).toMatch(/too large .*64 MB, received 68157440 bytes/);
  });

  it('refuses every truncation of a PNG and of a JPEG', async () => {
    for (const whole of [
      await sharp(seven('#fff', '#000')).png().toBuffer(),
      await sharp(seven('#fff', '#000')).jpeg().toBuffer(),
    ]) {
      for (const share of [0, 0.01, 0.1, 0.3, 0.5, 0.8]) {
        const { parts } = await refusal(whole.subarray(0, Math.floor(whole.length * share)));
        expect(parts.what).toMatch(/this is not a picture|the picture is damaged/);
      }
    }
  });

  it('refuses a picture bomb by its header', async () => {
    const before = process.memoryUsage().rss;
    const { message } = await refusal(pngHeader(60_000, 60_000));
    expect(message).toContain(
      'the picture is too large (picture in memory): expected at most 100 megapixels',
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
  });

  it.each([
    ['text', Buffer.from('not a picture at all')],
    ['nothing', Buffer.alloc(0)],
    ['SVG', seven('#fff', '#000')],
  ])('refuses %s', async (_, bytes) => {
    expect((await refusal(bytes)).parts.what).toMatch(
      /this is not a picture|this kind of picture is not read|damaged/,
    );
  });

  it('refuses an empty sheet', async () => {
    const sheet = sharp({ create: { width: 300, height: 200, channels: 3, background: '#fda' } });
    expect((await refusal(await sheet.png().toBuffer())).message).toContain(
      'no digit can be seen in the picture',
    );
  });
});

const data = process.env.FATHOM_DATA;
if (!data) console.log('readDigitImage on real MNIST pictures: skipped, FATHOM_DATA is not set');

describe.skipIf(!data)('readDigitImage on MNIST pictures', () => {
  /** The first pictures of each class. */
  async function pictures(each: number): Promise<{ bytes: Buffer; grey: Float32Array }[]> {
    const found = [];
    for (let digit = 0; digit < 10; digit++) {
      const classFolder = join(data!, 'mnist-png', 'test', String(digit));
      for (const name of (await readdir(classFolder)).sort().slice(0, each)) {
        const bytes = await readFile(join(classFolder, name));
        const raw = await sharp(bytes).toColourspace('b-w').raw().toBuffer();
        found.push({ bytes, grey: Float32Array.from(raw, (level) => level / 255) });
      }
    }
    return found;
  }

  it('passes them unchanged, also inverted', async () => {
    for (const { bytes, grey } of await pictures(50)) {
      expect(await readDigitImage(bytes)).toEqual({ pixels: grey, inverted: false });
      const negative = await sharp(bytes).negate().png().toBuffer();
      expect(await readDigitImage(negative)).toEqual({ pixels: grey, inverted: true });
    }
  });

  it('finds them again in large, inverted, tinted JPEG pictures', async () => {
    let sum = 0;
    const all = await pictures(4);
    for (const { bytes, grey } of all) {
      const large = await sharp(bytes)
        .toColourspace('srgb')
        .negate()
        .resize(420, 420, { kernel: 'cubic' })
        .toBuffer();
      const sheet = sharp({ create: { width: 900, height: 700, channels: 3, background: '#fff' } });
      const placed = await sheet
        .composite([{ input: large, left: 333, top: 21 }])
        .png()
        .toBuffer();
      const tinted = await sharp(placed)
        .linear([0.9, 0.8, 0.6], [20, 10, 30])
        .jpeg({ quality: 70 })
        .toBuffer();
      const read = await readDigitImage(tinted);
      expect(read.inverted).toBe(true);
      sum += meanDifference(read.pixels, grey);
    }
    // Measured 0.027; two neighbouring pixels of MNIST differ by more.
    expect(sum / all.length).toBeLessThan(0.04);
  });
});

/** A PNG of this size that holds next to no data. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(Buffer.alloc(1 << 16));
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(content.length, 0);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body), bytes.length - 4);
  return bytes;
}

/** zlib.crc32 exists from Node 20.15 and 22.2 on, but not in its types. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
