import { inkDigit, makeSheet, SIDE } from './ink.ts';
import { makeTrace, writeDigit } from './pen.ts';
import { CounterRandom } from './random.ts';

export interface SyntheticDigitsOptions {
  /** Which endless sequence of digits; a whole number. */
  readonly seed?: number;
  /** How many digits to draw. */
  readonly count?: number;
  /** Index of the first digit in the sequence. */
  readonly start?: number;
}

export interface DigitImages {
  /** [count, 28, 28] grey values, row by row: 0 is paper, 255 is ink. */
  readonly images: Uint8Array;
  /** [count] the digits drawn, 0 to 9. */
  readonly labels: Uint8Array;
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
}

const CLASSES = 10;
const PIXELS = SIDE * SIDE;

// What a random stream is for; part of its keys.
const LABELS = 1;
const PICTURE = 2;

/**
 * Draws handwritten-looking digits, prepared as MNIST is (LeCun, Cortes, Burges 1998): 28×28 grey pixels, the ink in
 * a 20×20 box, centred by its mass.
 *
 * Digit i depends on `seed` and `start + i` alone, so the sequence has no end and can be streamed in pieces. Each
 * aligned run of ten (0-9, 10-19, ...) holds every digit once, in random order.
 *
 * @throws {RangeError} if `seed`, `count` or `start` is not a whole number, or `count` or `start` is negative.
 * @example
 * const { images, labels } = syntheticDigits({ seed: 1, count: 100 });
 * images.length; // 78400
 * const next = syntheticDigits({ seed: 1, count: 100, start: 100 }); // the hundred after those
 */
export function syntheticDigits(options: SyntheticDigitsOptions = {}): DigitImages {
  const { seed = 0, count = 10000, start = 0 } = options;
  checkWhole('seed', seed, Number.MIN_SAFE_INTEGER);
  checkWhole('count', count, 0);
  checkWhole('start', start, 0);
  const images = new Uint8Array(count * PIXELS);
  const labels = drawLabels(seed, start, count);
  const trace = makeTrace();
  const sheet = makeSheet();
  for (let i = 0; i < count; i++) {
    const random = new CounterRandom(seed, PICTURE, start + i);
    const image = images.subarray(i * PIXELS, (i + 1) * PIXELS);
    do writeDigit(labels[i]!, random, trace);
    while (!inkDigit(trace, random, sheet, image));
  }
  return { images, labels, count, rows: SIDE, columns: SIDE };
}

/** Every aligned run of ten is a random order of the ten digits. */
function drawLabels(seed: number, start: number, count: number): Uint8Array {
  const labels = new Uint8Array(count);
  const order = new Uint8Array(CLASSES);
  let shuffled = -1;
  for (let i = 0; i < count; i++) {
    const run = Math.floor((start + i) / CLASSES);
    if (run !== shuffled) {
      shuffle(order, new CounterRandom(seed, LABELS, run));
      shuffled = run;
    }
    labels[i] = order[(start + i) % CLASSES]!;
  }
  return labels;
}

function shuffle(order: Uint8Array, random: CounterRandom): void {
  for (let i = 0; i < order.length; i++) order[i] = i;
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random.uniform(0, i + 1));
    const kept = order[i]!;
    order[i] = order[j]!;
    order[j] = kept;
  }
}

function checkWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  const wanted = least < 0 ? 'a whole number' : `a whole number, at least ${least}`;
  throw new RangeError(`syntheticDigits: ${name} must be ${wanted}; received ${value}.`);
}
