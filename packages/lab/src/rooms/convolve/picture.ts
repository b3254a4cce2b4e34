import { type Matrix, matrixOf } from '../../views/matrix.ts';

/** Rows and columns of pictures. */
export const PICTURE_SIDE = 28;

/** The brightness of the pixels of a picture that was scaled to 28×28, from 0 to 1. */
export function brightness(pixels: Uint8ClampedArray): Matrix {
  const values = Float64Array.from({ length: pixels.length / 4 }, (_, i) => {
    const [red, green, blue] = pixels.subarray(4 * i, 4 * i + 3) as unknown as [number, number, number];
    return (RED * red + GREEN * green + BLUE * blue) / 255;
  });
  return rounded(matrixOf(values, PICTURE_SIDE, PICTURE_SIDE));
}

/**
 * Reads an image file as a 28×28 picture: the middle square of it, scaled.
 *
 * @throws Error with a sentence for the reader when it is no image
 */
export async function readImage(file: File): Promise<Matrix> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) {
    throw new Error(`${file.name} could not be read as an image. Take a PNG, JPEG, WebP or GIF file.`);
  }
  const side = Math.min(bitmap.width, bitmap.height);
  const canvas = new OffscreenCanvas(PICTURE_SIDE, PICTURE_SIDE);
  const context = canvas.getContext('2d')!;
  context.imageSmoothingQuality = 'high';
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
  context.drawImage(bitmap, left, top, side, side, 0, 0, PICTURE_SIDE, PICTURE_SIDE);
  bitmap.close();
  return brightness(context.getImageData(0, 0, PICTURE_SIDE, PICTURE_SIDE).data);
}

/** Two decimals are read easily and keep links short. */
export function rounded(matrix: Matrix): Matrix {
  return matrix.map((row) => row.map((value) => Math.round(100 * value) / 100));
}

// Rec. 601 luma.
const RED = 0.299;
const GREEN = 0.587;
const BLUE = 0.114;
