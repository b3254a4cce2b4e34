import { readFile, stat } from 'node:fs/promises';
import { DataError, type DigitImage, digitFromPixels } from 'fathom';
import sharp from 'sharp';

/**
 * Reads a picture of one digit and prepares it as MNIST is prepared; see `digitFromPixels`.
 *
 * The picture may have any size up to 100 megapixels and any colours; the way up that a camera notes is heeded,
 * and of an animation the first frame is taken.
 *
 * @param input a path, or the bytes of a PNG, JPEG, WebP, GIF or TIFF file
 * @returns pixels [28, 28] in 0 … 1, ink bright; and whether the picture was the other way round
 * @throws DataError when the file is missing, damaged, too large, no picture, or shows nothing
 * @example
 * const { pixels } = await readDigitImage('seven.png');
 */
export async function readDigitImage(input: string | Uint8Array): Promise<DigitImage> {
  const where = typeof input === 'string' ? input : 'picture in memory';
  const bytes = typeof input === 'string' ? await readPictureFile(input) : input;
  const { data, info } = await decode(bytes, where);
  const { width, height, channels } = info;
  return digitFromPixels({ data, width, height, channels }, where);
}

/**
 * Reads a picture at the size and in the colours that a network takes: its middle, scaled.
 *
 * @param shape [rows, columns, channels], the channels 1 or 3
 * @returns pixels of that shape in 0 … 1
 * @throws DataError when the file is missing, damaged, too large or no picture
 */
export async function readPicture(path: string, shape: readonly number[]): Promise<Float32Array> {
  const [height = 1, width = 1, channels = 1] = shape;
  const { data, info } = await decode(await readPictureFile(path), path, { width, height });
  const grey = (at: number) => 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
  return Float32Array.from({ length: width * height * channels }, (_, i) => {
    const at = info.channels * Math.floor(i / channels);
    if (info.channels < 3) return data[at]! / 255;
    return (channels === 3 ? data[at + (i % 3)]! : grey(at)) / 255;
  });
}

/** Decoders need memory by the pixel, however small the file is. */
const MAX_PIXELS = 100_000_000;
const MAX_FILE_BYTES = 64 << 20;
/** Larger pictures are scaled down to it: enough for a digit that fills a fiftieth of the sheet's height. */
const WORKING_SIZE = 1024;
const FORMATS = ['png', 'jpeg', 'webp', 'gif', 'tiff'];

async function readPictureFile(path: string): Promise<Uint8Array> {
  try {
    const file = await stat(path);
    if (!file.isFile()) throw unusable(path, 'this is no file', 'a folder or a device', 'Name a picture.');
    if (file.size > MAX_FILE_BYTES) throw tooLarge(path, `${file.size} bytes`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof DataError) throw error;
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const what = isMissing ? 'there is no such file' : 'the file cannot be read';
    throw unusable(
      path,
      what,
      error instanceof Error ? error.message : String(error),
      'Check the path.',
      error,
    );
  }
}

async function decode(bytes: Uint8Array, where: string, size?: { width: number; height: number }) {
  try {
    const picture = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true });
    const { format } = await picture.metadata();
    // Checked before anything is drawn: SVG and PDF are programs more than pictures.
    if (!FORMATS.includes(format)) {
      throw unusable(where, 'this kind of picture is not read', format, `Convert it to PNG or JPEG.`);
    }
    if (size) {
      return await picture
        .autoOrient()
        .resize({ ...size, fit: 'cover' })
        .flatten({ background: 'white' })
        .toColourspace('srgb')
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true });
    }
    return await picture
      .autoOrient()
      .resize({
        width: WORKING_SIZE,
        height: WORKING_SIZE,
        fit: 'inside',
        withoutEnlargement: true,
        // Sharper kernels leave halos around lines, which would count as ink.
        kernel: 'linear',
      })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
  } catch (error) {
    if (error instanceof DataError) throw error;
    const reason = error instanceof Error ? error.message.trim().split('\n')[0]! : String(error);
    if (reason.includes('pixel limit')) throw tooLarge(where, 'more');
    const what = reason.includes('unsupported image format')
      ? 'this is not a picture'
      : 'the picture is damaged';
    throw unusable(where, what, reason, 'Open it in a viewer to check, and save it again as PNG.', error);
  }
}

function unusable(where: string, what: string, received: string, fix: string, cause?: unknown): DataError {
  return new DataError(
    { what, where, expected: 'a PNG, JPEG, WebP, GIF or TIFF file', received, fix },
    { cause },
  );
}

function tooLarge(where: string, received: string): DataError {
  return new DataError({
    what: 'the picture is too large',
    where,
    expected: `at most ${MAX_PIXELS / 1e6} megapixels in ${MAX_FILE_BYTES >> 20} MB`,
    received,
    fix: 'Scale it down, or cut out the digit.',
  });
}
