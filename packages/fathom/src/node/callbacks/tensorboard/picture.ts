import { formatShape, type Shape, sizeOf } from '../../../ir/shape.ts';

/** An image: values in row-major order, of shape [H, W] or [H, W, C] with 1, 3 or 4 channels. */
export interface ImageData {
  /** Bytes are shown as they are; other numbers are stretched from the least to the greatest. */
  readonly data: ArrayLike<number>;
  readonly shape: Shape;
}

/** Pixels as bytes, ready to be compressed. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3 | 4;
  readonly pixels: Uint8Array;
}

/** @throws RangeError when the shape is none of an image, or does not fit the values */
export function toPicture({ data, shape }: ImageData, where: string): Picture {
  const [height = 0, width = 0, channels = 1] = shape;
  const fits = shape.length === 2 || (shape.length === 3 && [1, 3, 4].includes(channels));
  if (!fits || width < 1 || height < 1 || sizeOf(shape) !== data.length) {
    throw new RangeError(
      `${where}: expected an image [H, W], or [H, W, C] with 1, 3 or 4 channels; received ${formatShape(shape)} with ${data.length} values.`,
    );
  }
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  const pixels = isBytes ? Uint8Array.from(data) : stretch(data);
  return { width, height, channels: channels as 1 | 3 | 4, pixels };
}

/**
 * A weight as an image. Vectors are a row, matrices [in, out] lie on their longer side, and kernels of two-dimensional
 * convolutions [kh, kw, cin, cout] become sheets with a row for each input and a column for each output channel.
 * Other weights cannot be shown.
 */
export function weightImage(data: ArrayLike<number>, shape: Shape): ImageData | undefined {
  const [a = 1, b = 1, inputs = 1, outputs = 1] = shape;
  if (shape.length === 1) return { data, shape: [1, a] };
  if (shape.length === 2) {
    if (a <= b) return { data, shape: [a, b] };
    return {
      data: Float32Array.from({ length: a * b }, (_, i) => data[(i % a) * b + Math.floor(i / a)]!),
      shape: [b, a],
    };
  }
  if (shape.length !== 4) return undefined;
  const rows = Math.min(inputs, MOST_TILES);
  const columns = Math.min(outputs, MOST_TILES);
  const height = rows * (a + GAP) - GAP;
  const width = columns * (b + GAP) - GAP;
  const least = leastOf(data);
  const sheet = new Float32Array(height * width).fill(least);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let y = 0; y < a; y++) {
        for (let x = 0; x < b; x++) {
          const at = (row * (a + GAP) + y) * width + column * (b + GAP) + x;
          sheet[at] = data[((y * b + x) * inputs + row) * outputs + column]!;
        }
      }
    }
  }
  return { data: sheet, shape: [height, width] };
}

/** More kernels than that are too small to see. */
const MOST_TILES = 32;
/** Pixels between two kernels. */
const GAP = 1;

function leastOf(values: ArrayLike<number>): number {
  let least = Infinity;
  for (let i = 0; i < values.length; i++) if (values[i]! < least) least = values[i]!;
  return least;
}

/** NaN becomes black. */
function stretch(values: ArrayLike<number>): Uint8Array {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const scale = 255 / (high - low || 1);
  return Uint8Array.from({ length: values.length }, (_, i) =>
    Math.round(Math.min(255, Math.max(0, (values[i]! - low) * scale))),
  );
}
