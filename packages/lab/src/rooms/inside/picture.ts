import type { Picture } from '../../engine/protocol.ts';
import { engine } from '../../lib/engine.ts';
import { paintStrokes } from '../draw/paint.ts';
import { BOARD, decodeStrokes } from '../draw/strokes.ts';

/** The settings that say which picture is looked at: strokes of the room Draw with their pen, or an example. */
export interface Source {
  readonly ink: string;
  readonly pen: number;
  readonly example: string;
}

const EXAMPLE = /^(\d)\.(\d+)$/;

/** The pixels of a source; undefined where it names none. */
export async function paint({ ink, pen, example }: Source): Promise<Picture | undefined> {
  const canvas = Object.assign(document.createElement('canvas'), { width: BOARD, height: BOARD });
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  if (ink !== '') {
    paintStrokes(context, decodeStrokes(ink), { width: pen, ink: 'black' });
    return pictureIn(context.getImageData(0, 0, BOARD, BOARD));
  }
  const found = EXAMPLE.exec(example);
  if (!found) return undefined;
  const grey = await engine.call('digit/example', { digit: Number(found[1]), seed: Number(found[2]) });
  const side = Math.sqrt(grey.length);
  const image = context.createImageData(side, side);
  grey.forEach((level, i) => {
    image.data.set([255 - level, 255 - level, 255 - level, 255], 4 * i);
  });
  return pictureIn(image);
}

/**
 * The pixels of a picture file, at most so large as a network may want them.
 *
 * @throws Error when the file is no picture
 */
export async function openPicture(file: File): Promise<Picture> {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(
      `${file.name} is no picture that this browser can read. Choose a PNG, JPEG or WebP file.`,
    );
  });
  const scale = Math.min(1, MOST_PIXELS / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((extent) =>
    Math.max(1, Math.round(extent * scale)),
  );
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d')!;
  // What shows through is paper.
  context.fillStyle = 'white';
  context.fillRect(0, 0, width!, height!);
  context.drawImage(bitmap, 0, 0, width!, height!);
  bitmap.close();
  return pictureIn(context.getImageData(0, 0, width!, height!));
}

const MOST_PIXELS = 1024;

function pictureIn({ data, width, height }: ImageData): Picture {
  return { data: data as Uint8ClampedArray<ArrayBuffer>, width, height };
}
