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

function pictureIn({ data, width, height }: ImageData): Picture {
  return { data: data as Uint8ClampedArray<ArrayBuffer>, width, height };
}
