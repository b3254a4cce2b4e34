import { DataError } from './errors.ts';
import { type Grid, inkGrid, type PixelImage } from './ink.ts';
import { boundingBox, centreOfMass, crop, dropSpecks, fit, thicken } from './inkShape.ts';

export type { PixelImage } from './ink.ts';

/** A picture made into what a network trained on MNIST expects. */
export type DigitImage = {
  /** [28, 28], row-major, 0 (paper) … 1 (ink). */
  readonly pixels: Float32Array<ArrayBuffer>;
  /** True when the picture shows dark ink on a light ground, the other way round than MNIST. */
  readonly inverted: boolean;
};

/**
 * Prepares a picture of one digit as MNIST is prepared: bright ink on black, scaled into 20×20 with its shape kept,
 * moved so that its centre of mass is the centre of 28×28.
 *
 * The ground is the median colour along the border; ink is what differs from it, in whichever colour. Noise and
 * specks are dropped, and lines too thin to survive the scaling are drawn thicker. A grey 28×28 picture that
 * already is as MNIST prepares it passes unchanged: its pixels are the grey levels / 255, or 1 minus that when it is
 * black on white.
 *
 * @param image the pixels of a canvas or a decoded file; a transparent ground becomes white or black, whichever
 *   the ink differs from
 * @throws DataError when the sizes disagree or nothing is drawn
 * @example
 * const { pixels } = digitFromPixels({ data: canvas.getImageData(0, 0, 280, 280).data, width: 280, height: 280, channels: 4 });
 */
export function digitFromPixels(image: PixelImage, where = 'picture'): DigitImage {
  const { ink, inverted, grey } = inkGrid(image, where, DIGIT_IMAGE_SIZE);
  if (grey && isPrepared(ink)) {
    return { pixels: Float32Array.from(grey, (level) => (inverted ? 255 - level : level) / 255), inverted };
  }
  // Most of a picture is paper, which need not be looked at again and again.
  const inked = boundingBox(ink, 0);
  if (inked === undefined) throw nothingDrawn(where);
  const digit = dropSpecks(crop(ink, inked));
  const box = boundingBox(digit, EDGE_INK);
  if (box === undefined) throw nothingDrawn(where);
  const scaled = fit(thicken(crop(digit, box), STROKE_WIDTH / DIGIT_SIZE), DIGIT_SIZE);
  return { pixels: centre(scaled), inverted };
}

/** Side of the finished picture. */
export const DIGIT_IMAGE_SIZE = 28;
/** Longest side of the digit in it. */
const DIGIT_SIZE = 20;
/** Width below which a line is drawn thicker, in finished pixels; the middle of MNIST's own lies above it. */
const STROKE_WIDTH = 2.2;
/** Ink below it does not count as part of the digit when the digit is measured. */
const EDGE_INK = 0.15;
/** MNIST puts the centre of mass here, give or take the half pixel of a whole shift. */
const CENTRE = DIGIT_IMAGE_SIZE / 2;
/** Half a pixel, and up to 0.41 more in MNIST because faint ink is weighed less here than there. */
const CENTRE_TOLERANCE = 1;
/** MNIST measures 19 or 20; without the edges fainter than EDGE_INK, 14 is the least among its 70,000 digits. */
const SHORTEST_PREPARED_SIDE = 14;

/** Whether size, place and extent of the ink are those that MNIST's own preparation leaves. */
function isPrepared(ink: Grid): boolean {
  if (ink.width !== DIGIT_IMAGE_SIZE || ink.height !== DIGIT_IMAGE_SIZE) return false;
  const box = boundingBox(ink, EDGE_INK);
  if (box === undefined) return false;
  const side = Math.max(box.width, box.height);
  const { x, y } = centreOfMass(ink);
  return (
    side >= SHORTEST_PREPARED_SIDE &&
    side <= DIGIT_SIZE &&
    Math.abs(x - CENTRE) <= CENTRE_TOLERANCE &&
    Math.abs(y - CENTRE) <= CENTRE_TOLERANCE
  );
}

/** Moves the digit by whole pixels until its centre of mass is at 14, 14, as far as it stays inside. */
function centre(digit: Grid): Float32Array<ArrayBuffer> {
  const mass = centreOfMass(digit);
  const left = clampShift(Math.round(CENTRE - mass.x), digit.width);
  const top = clampShift(Math.round(CENTRE - mass.y), digit.height);
  const pixels = new Float32Array(DIGIT_IMAGE_SIZE * DIGIT_IMAGE_SIZE);
  for (let y = 0; y < digit.height; y++) {
    const row = digit.values.subarray(y * digit.width, (y + 1) * digit.width);
    pixels.set(row, (top + y) * DIGIT_IMAGE_SIZE + left);
  }
  return pixels;
}

function clampShift(shift: number, extent: number): number {
  return Math.max(0, Math.min(shift, DIGIT_IMAGE_SIZE - extent));
}

function nothingDrawn(where: string): DataError {
  return new DataError({
    what: 'no digit can be seen in the picture',
    where,
    expected: 'ink that differs clearly from the ground',
    received: 'one colour, or specks alone',
    fix: 'Draw one digit, dark on light or light on dark.',
  });
}
