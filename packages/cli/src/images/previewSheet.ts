import { DataError, type Dataset } from 'fathom';
import { writeFileAtomic } from 'fathom/node';
import sharp from 'sharp';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphPixel } from './glyphs.ts';

export type PreviewSheetOptions = {
  readonly rows?: number;
  readonly columns?: number;
};

export type PreviewSheet = {
  /** Of the picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** How many samples it shows. */
  readonly shown: number;
};

/**
 * Writes a PNG that shows the first samples of a data set, each with the name of its class below it.
 *
 * @param dataset of images [H, W, 1] or [H, W, 3]; float images are stretched from their least to their largest value
 * @throws DataError when the samples are no such images, RangeError unless rows and columns lie in [1, 100],
 *   FileWriteError when the file cannot be written
 * @example
 * await writePreviewSheet('mnist.png', train, { rows: 5, columns: 10 });
 */
export async function writePreviewSheet(
  path: string,
  dataset: Dataset,
  { rows = 10, columns = 10 }: PreviewSheetOptions = {},
): Promise<PreviewSheet> {
  checkGrid(rows, columns);
  const [height, width] = imageSize(dataset);
  const shown = Math.min(dataset.count, rows * columns);
  const sheet = layOut(dataset, shown, columns, width, height);
  const page = blankPage(sheet.width, sheet.height);
  drawText(page, sheet.title, MARGIN, MARGIN, TITLE_SCALE);
  const toByte = byteScale(dataset);
  for (let i = 0; i < shown; i++) {
    const left = sheet.left + (i % sheet.columns) * sheet.cellWidth;
    const top = sheet.top + Math.floor(i / sheet.columns) * sheet.cellHeight;
    const inset = (sheet.cellWidth - GAP - width * sheet.scale) >> 1;
    drawSample(page, dataset, i, left + inset, top, sheet.scale, toByte);
    const caption = dataset.classes[dataset.labels[i]!]!;
    const indent = (sheet.cellWidth - GAP - textWidth(caption, sheet.captionScale)) >> 1;
    drawText(page, caption, left + indent, top + height * sheet.scale + CAPTION_GAP, sheet.captionScale);
  }
  const raw = { width: page.width, height: page.height, channels: 3 } as const;
  const png = await sharp(page.pixels, { raw }).png({ compressionLevel: 9 }).toBuffer();
  await writeFileAtomic(path, png);
  return { width: page.width, height: page.height, shown };
}

const MARGIN = 16;
const GAP = 12;
const CAPTION_GAP = 5;
const TITLE_SCALE = 2;
/** Least side of a drawn sample, in pixels; small samples are enlarged by whole factors. */
const SAMPLE_SIDE = 64;
/** Captions no longer than this are drawn at double size. */
const SHORT_CAPTION = 5;
const MAX_GRID = 100;
const MAX_PAGE_PIXELS = 100_000_000;
const PAPER = 0xf7;
const TEXT = 0x22;

type Page = { readonly pixels: Uint8Array; readonly width: number; readonly height: number };

function checkGrid(rows: number, columns: number): void {
  for (const [name, value] of Object.entries({ rows, columns })) {
    if (!Number.isInteger(value) || value < 1 || value > MAX_GRID) {
      throw new RangeError(`writePreviewSheet: expected ${name} in [1, ${MAX_GRID}]; received ${value}.`);
    }
  }
}

function imageSize({ name, shape }: Dataset): [height: number, width: number] {
  const [height, width, channels] = shape;
  if (shape.length !== 3 || (channels !== 1 && channels !== 3)) {
    throw new DataError({
      what: 'the samples cannot be shown as pictures',
      where: `data set ${name}`,
      expected: 'samples of shape [H, W, 1] or [H, W, 3]',
      received: `[${shape.join(',')}]`,
      fix: 'Reshape them first.',
    });
  }
  return [height!, width!];
}

function layOut(dataset: Dataset, shown: number, wantedColumns: number, width: number, height: number) {
  const columns = Math.min(wantedColumns, shown);
  const scale = Math.max(1, Math.ceil(SAMPLE_SIDE / Math.max(width, height)));
  const longest = dataset.classes.reduce((length, name) => Math.max(length, name.length), 0);
  const captionScale = longest <= SHORT_CAPTION ? 2 : 1;
  const captionWidth = longest * (GLYPH_WIDTH + 1) * captionScale;
  const cellWidth = Math.max(width * scale, captionWidth) + GAP;
  const cellHeight = height * scale + CAPTION_GAP + GLYPH_HEIGHT * captionScale + GAP;
  const title = `${dataset.name}: ${shown} of ${dataset.count} samples, ${dataset.shape.join('×')}`;
  const top = MARGIN + GLYPH_HEIGHT * TITLE_SCALE + MARGIN;
  const content = Math.max(columns * cellWidth - GAP, textWidth(title, TITLE_SCALE));
  const page = {
    width: 2 * MARGIN + content,
    height: top + Math.ceil(shown / columns) * cellHeight - GAP + MARGIN,
  };
  if (page.width * page.height > MAX_PAGE_PIXELS) {
    throw new RangeError(
      `writePreviewSheet: ${shown} samples of ${width}×${height} make a picture of ${page.width}×${page.height}; ` +
        `expected at most ${MAX_PAGE_PIXELS / 1e6} megapixels. Ask for fewer rows or columns.`,
    );
  }
  return { ...page, columns, scale, captionScale, cellWidth, cellHeight, title, left: MARGIN, top };
}

function blankPage(width: number, height: number): Page {
  return { pixels: new Uint8Array(width * height * 3).fill(PAPER), width, height };
}

/** Maps stored values to bytes. */
function byteScale({ images }: Dataset): (value: number) => number {
  if (images instanceof Uint8Array) return (value) => value;
  const low = images.reduce((a, b) => Math.min(a, b));
  const high = images.reduce((a, b) => Math.max(a, b));
  return (value) => Math.round((255 * (value - low)) / (high - low || 1));
}

function drawSample(
  page: Page,
  { images, shape }: Dataset,
  index: number,
  left: number,
  top: number,
  scale: number,
  toByte: (value: number) => number,
): void {
  const [height, width, channels] = shape as [number, number, number];
  const start = index * height * width * channels;
  for (let y = 0; y < height * scale; y++) {
    for (let x = 0; x < width * scale; x++) {
      const from = start + (Math.floor(y / scale) * width + Math.floor(x / scale)) * channels;
      const to = ((top + y) * page.width + left + x) * 3;
      // A grey value serves as all three.
      for (let c = 0; c < 3; c++) page.pixels[to + c] = toByte(images[from + (channels === 3 ? c : 0)]!);
    }
  }
}

function drawText(page: Page, text: string, left: number, top: number, scale: number): void {
  for (const [i, character] of [...text].entries()) {
    const start = left + i * (GLYPH_WIDTH + 1) * scale;
    for (let y = 0; y < GLYPH_HEIGHT * scale; y++) {
      for (let x = 0; x < GLYPH_WIDTH * scale; x++) {
        if (!glyphPixel(character, Math.floor(x / scale), Math.floor(y / scale))) continue;
        page.pixels.fill(
          TEXT,
          ((top + y) * page.width + start + x) * 3,
          ((top + y) * page.width + start + x + 1) * 3,
        );
      }
    }
  }
}

/** Without the space after the last character. */
function textWidth(text: string, scale: number): number {
  return ([...text].length * (GLYPH_WIDTH + 1) - 1) * scale;
}
