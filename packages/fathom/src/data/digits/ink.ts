import type { Trace } from './pen.ts';
import type { CounterRandom } from './random.ts';

/** Side of the finished picture, of the box that holds the ink, and of the drawing sheet. */
export const SIDE = 28;
const BOX = 20;
/** The digit is drawn this many times larger than it ends up. */
const ZOOM = 4;
const SHEET = BOX * ZOOM;

const MAX_BLUR = 1;
const INK_GAIN = 1.18;
const INK_GAIN_SPREAD = 0.08;
const GRAIN = 9;
const DROPLET = 0.01;

/** The sheet a digit is drawn on, used again for every digit. */
export interface Sheet {
  readonly ink: Float32Array;
  readonly spare: Float32Array;
  readonly box: Float32Array;
}

export function makeSheet(): Sheet {
  return {
    ink: new Float32Array(SHEET * SHEET),
    spare: new Float32Array(SHEET * SHEET),
    box: new Float32Array(BOX * BOX),
  };
}

/**
 * Inks a trace and prepares it as MNIST is: drawn large, scaled with its proportions kept so that its longer side
 * fills 20 pixels, shifted by whole pixels so that its centre of mass lands on the middle of the 28×28 picture.
 * False, and no picture, for the rare digit so lopsided that its box would then stick out.
 */
export function inkDigit(trace: Trace, random: CounterRandom, sheet: Sheet, image: Uint8Array): boolean {
  const blur = Math.floor(random.uniform(0, MAX_BLUR + 1));
  fitToSheet(trace, blur);
  sheet.ink.fill(0);
  for (let i = 0; i < trace.length; i++) {
    if (isInked(trace, i)) drawLine(trace, i - 1, i, sheet.ink);
  }
  if (blur > 0) blurSheet(sheet, blur);
  shrink(sheet, random);
  return centre(sheet.box, image);
}

/** Scales the trace so that the inked digit, with half of its blur, just fills the sheet. */
function fitToSheet(trace: Trace, blur: number): void {
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  let bottom = -Infinity;
  for (let i = 0; i < trace.length; i++) {
    if (!isInked(trace, i) && !isInked(trace, i + 1)) continue;
    const r = trace.radius[i]!;
    left = Math.min(left, trace.x[i]! - r);
    right = Math.max(right, trace.x[i]! + r);
    top = Math.min(top, trace.y[i]! - r);
    bottom = Math.max(bottom, trace.y[i]! + r);
  }
  const scale = (SHEET - blur) / Math.max(right - left, bottom - top);
  const offsetX = SHEET / 2 - (scale * (left + right)) / 2;
  const offsetY = SHEET / 2 - (scale * (top + bottom)) / 2;
  for (let i = 0; i < trace.length; i++) {
    trace.x[i] = offsetX + scale * trace.x[i]!;
    trace.y[i] = offsetY + scale * trace.y[i]!;
    trace.radius[i] = scale * trace.radius[i]!;
  }
}

/** Whether a line leads from the sample before to sample i. */
function isInked(trace: Trace, i: number): boolean {
  return i > 0 && i < trace.length && !trace.down[i] && trace.radius[i]! > 0 && trace.radius[i - 1]! > 0;
}

/** A line with round ends whose width changes along it; coverage falls from 1 to 0 over one pixel at its edge. */
function drawLine(trace: Trace, from: number, to: number, ink: Float32Array): void {
  const r0 = trace.radius[from]!;
  const r1 = trace.radius[to]!;
  const x0 = trace.x[from]! - 0.5;
  const y0 = trace.y[from]! - 0.5;
  const dx = trace.x[to]! - 0.5 - x0;
  const dy = trace.y[to]! - 0.5 - y0;
  const reach = Math.max(r0, r1) + 0.5;
  const left = Math.max(0, Math.ceil(Math.min(x0, x0 + dx) - reach));
  const right = Math.min(SHEET - 1, Math.floor(Math.max(x0, x0 + dx) + reach));
  const top = Math.max(0, Math.ceil(Math.min(y0, y0 + dy) - reach));
  const bottom = Math.min(SHEET - 1, Math.floor(Math.max(y0, y0 + dy) + reach));
  const inverse = 1 / (dx * dx + dy * dy + 1e-9);
  for (let y = top; y <= bottom; y++) {
    const py = y - y0;
    for (let x = left; x <= right; x++) {
      const at = y * SHEET + x;
      if (ink[at] === 1) continue;
      const px = x - x0;
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) * inverse));
      const ex = px - t * dx;
      const ey = py - t * dy;
      const square = ex * ex + ey * ey;
      const r = r0 + (r1 - r0) * t;
      if (square >= (r + 0.5) * (r + 0.5)) continue;
      const inner = r - 0.5;
      const cover = inner > 0 && square <= inner * inner ? 1 : r + 0.5 - Math.sqrt(square);
      if (cover > ink[at]!) ink[at] = Math.min(1, cover);
    }
  }
}

/** A box blur of 2·reach + 1 pixels in both directions, by running sums. */
function blurSheet(sheet: Sheet, reach: number): void {
  for (let y = 0; y < SHEET; y++) blurLine(sheet.ink, sheet.spare, y * SHEET, 1, reach);
  for (let x = 0; x < SHEET; x++) blurLine(sheet.spare, sheet.ink, x, SHEET, reach);
}

function blurLine(from: Float32Array, to: Float32Array, start: number, stride: number, reach: number): void {
  const weight = 1 / (2 * reach + 1);
  let sum = 0;
  for (let i = 0; i < reach; i++) sum += from[start + i * stride]!;
  for (let i = 0; i < SHEET; i++) {
    if (i + reach < SHEET) sum += from[start + (i + reach) * stride]!;
    if (i - reach - 1 >= 0) sum -= from[start + (i - reach - 1) * stride]!;
    to[start + i * stride] = sum * weight;
  }
}

/** The mean of each ZOOM×ZOOM square, with the scanner's gain, grain in the ink, and a rare droplet. */
function shrink(sheet: Sheet, random: CounterRandom): void {
  const { ink, box } = sheet;
  const gain = (255 / (ZOOM * ZOOM)) * INK_GAIN * random.skewed(INK_GAIN_SPREAD);
  for (let row = 0; row < BOX; row++) {
    for (let column = 0; column < BOX; column++) {
      let sum = 0;
      const corner = row * ZOOM * SHEET + column * ZOOM;
      for (let y = 0; y < ZOOM; y++) {
        const at = corner + y * SHEET;
        for (let x = 0; x < ZOOM; x++) sum += ink[at + x]!;
      }
      // Running sums leave rounding dust, far below one grey level, where there is no ink.
      const grey = sum > 1e-3 ? sum * gain + GRAIN * random.normal() : 0;
      box[row * BOX + column] = Math.min(255, Math.max(0, Math.round(grey)));
    }
  }
  if (random.chance(DROPLET)) {
    box[Math.floor(random.uniform(0, BOX * BOX))] = Math.floor(random.uniform(40, 255));
  }
}

/** Copies the box into the picture, its centre of mass within half a pixel of the middle (index 14, as in MNIST). */
function centre(box: Float32Array, image: Uint8Array): boolean {
  let mass = 0;
  let sumX = 0;
  let sumY = 0;
  for (let y = 0; y < BOX; y++) {
    for (let x = 0; x < BOX; x++) {
      const value = box[y * BOX + x]!;
      mass += value;
      sumX += value * x;
      sumY += value * y;
    }
  }
  const left = Math.round(SIDE / 2 - sumX / mass);
  const top = Math.round(SIDE / 2 - sumY / mass);
  // Written so that an empty box, whose centre is NaN, is refused too.
  if (!(left >= 0 && left <= SIDE - BOX && top >= 0 && top <= SIDE - BOX)) return false;
  image.fill(0);
  for (let y = 0; y < BOX; y++) {
    for (let x = 0; x < BOX; x++) {
      image[(top + y) * SIDE + left + x] = box[y * BOX + x]!;
    }
  }
  return true;
}
