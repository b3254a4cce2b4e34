import { BOARD, type Stroke } from './strokes.ts';

/** Draws strokes as a round pen would, on a transparent ground. */
export function paintStrokes(
  context: CanvasRenderingContext2D,
  strokes: readonly Stroke[],
  { width, ink }: { readonly width: number; readonly ink: string },
): void {
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.lineWidth = width;
  context.strokeStyle = ink;
  context.fillStyle = ink;
  for (const stroke of strokes) {
    const [first, ...rest] = stroke;
    if (!first) continue;
    if (rest.length === 0) {
      context.beginPath();
      context.arc(first[0], first[1], width / 2, 0, 2 * Math.PI);
      context.fill();
      continue;
    }
    context.beginPath();
    context.moveTo(first[0], first[1]);
    for (const [x, y] of rest) context.lineTo(x, y);
    context.stroke();
  }
}

/** Draws a picture as large as it fits into the board, in its middle. */
export function paintPicture(context: CanvasRenderingContext2D, picture: ImageBitmap): void {
  const scale = Math.min(BOARD / picture.width, BOARD / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(picture, (BOARD - width) / 2, (BOARD - height) / 2, width, height);
}

/** Longest side of a picture that is looked at. */
const MOST_SIDE = 1024;
const MOST_FILE_BYTES = 64 << 20;

/**
 * Decodes a picture file, made smaller if it is large.
 *
 * @throws Error with a message for the user when it is no picture
 */
export async function readPicture(file: File): Promise<ImageBitmap> {
  if (file.size > MOST_FILE_BYTES) {
    throw new Error(`${file.name} is too large for a picture: ${Math.round(file.size / 2 ** 20)} MB.`);
  }
  const whole = await createImageBitmap(file).catch(() => {
    throw new Error(
      `${file.name} is no picture that this browser can read. Choose a PNG, JPEG, WebP or GIF file; it may also be damaged.`,
    );
  });
  const scale = MOST_SIDE / Math.max(whole.width, whole.height);
  if (scale >= 1) return whole;
  return createImageBitmap(whole, {
    resizeWidth: Math.max(1, Math.round(whole.width * scale)),
    resizeHeight: Math.max(1, Math.round(whole.height * scale)),
    resizeQuality: 'high',
  });
}

/** The pixels of a picture. */
export function pixelsOf(picture: ImageBitmap): ImageData {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.drawImage(picture, 0, 0);
  return context.getImageData(0, 0, picture.width, picture.height);
}
