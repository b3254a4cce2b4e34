import { describe, expect, it } from 'vitest';
import { digitFromPixels } from '../../src/data/digitImage.ts';
import { syntheticDigits } from '../../src/data/digits/index.ts';
import { DataError } from '../../src/data/errors.ts';
import type { PixelImage } from '../../src/data/ink.ts';
import { philox4x32 } from '../../src/data/random.ts';

const SIDE = 28;
const { images, count } = syntheticDigits({ seed: 5, count: 60 });
const digits = Array.from({ length: count }, (_, i) =>
  images.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE),
);

type Paint = (ink: number, x: number, y: number) => readonly number[];

/** A digit enlarged by a whole factor onto a ground with a margin, painted by a function of its ink (0 … 1). */
function picture(
  digit: Uint8Array,
  paint: Paint,
  {
    factor = 6,
    margin = 20,
    channels = 3,
  }: { factor?: number; margin?: number; channels?: 1 | 2 | 3 | 4 } = {},
): PixelImage {
  const width = SIDE * factor + 3 * margin;
  const height = SIDE * factor + margin;
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const column = Math.floor((x - margin) / factor);
      const row = Math.floor(y / factor);
      const inside = column >= 0 && column < SIDE && row < SIDE;
      const ink = inside ? digit[row * SIDE + column]! / 255 : 0;
      data.set(
        paint(ink, x, y).map((value) => Math.max(0, Math.min(255, Math.round(value)))),
        (y * width + x) * channels,
      );
    }
  }
  return { data, width, height, channels };
}

const grey = (level: number) => [level, level, level];
const whiteOnBlack: Paint = (ink) => grey(255 * ink);

function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
}

/** The least difference over shifts by a pixel: a centre of mass near .5 may be rounded either way. */
function shapeDifference(a: Float32Array, b: Float32Array): number {
  const shifts = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => dy * SIDE + dx));
  return Math.min(
    ...shifts.map((shift) =>
      meanDifference(
        a,
        Float32Array.from(b, (_, i) => b[i + shift] ?? 0),
      ),
    ),
  );
}

function noise(x: number, y: number): number {
  return philox4x32([x, y, 0, 0], [7, 7])[0] / 2 ** 32 - 0.5;
}

describe('digitFromPixels', () => {
  it('leaves alone what is prepared already, either way round', () => {
    for (const digit of digits) {
      const prepared = digitFromPixels({ data: digit, width: SIDE, height: SIDE, channels: 1 });
      expect(prepared).toEqual({ pixels: Float32Array.from(digit, (level) => level / 255), inverted: false });
      const negative = digit.map((level) => 255 - level);
      const turned = digitFromPixels({ data: negative, width: SIDE, height: SIDE, channels: 1 });
      expect(turned).toEqual({ pixels: prepared.pixels, inverted: true });
    }
  });

  it('fits every digit into 20×20, its strongest ink 1, its centre of mass in the middle', () => {
    for (const digit of digits) {
      const { pixels } = digitFromPixels(picture(digit, whiteOnBlack));
      let [mass, x, y, left, right, top, bottom] = [0, 0, 0, SIDE, -1, SIDE, -1];
      pixels.forEach((value, i) => {
        const [column, row] = [i % SIDE, Math.floor(i / SIDE)];
        mass += value;
        x += value * column;
        y += value * row;
        if (value === 0) return;
        [left, right] = [Math.min(left, column), Math.max(right, column)];
        [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
      });
      expect(Math.max(right - left, bottom - top) + 1).toBeLessThanOrEqual(20);
      expect(Math.max(...pixels)).toBe(1);
      // Unless the edge of the picture stands in the way.
      if (left > 0 && right < SIDE - 1) expect(Math.abs(x / mass - 14)).toBeLessThanOrEqual(0.5);
      if (top > 0 && bottom < SIDE - 1) expect(Math.abs(y / mass - 14)).toBeLessThanOrEqual(0.5);
    }
  });

  const paints: [string, boolean, 1 | 2 | 3 | 4, Paint][] = [
    ['grey on black', false, 1, (ink) => [160 * ink]],
    ['black on white', true, 3, (ink) => grey(255 - 255 * ink)],
    ['red on green of the same brightness', true, 3, (ink) => [30 + 150 * ink, 120 - 75 * ink, 40]],
    ['yellow on dark blue', false, 3, (ink) => [255 * ink, 240 * ink, 80 - 60 * ink]],
    ['black ink on nothing', true, 4, (ink) => [0, 0, 0, 255 * ink]],
    ['white ink on nothing', false, 4, (ink) => [255, 255, 255, 255 * ink]],
    ['grey with alpha', true, 2, (ink) => [10, 255 * ink]],
    [
      'pencil on unevenly lit, noisy paper',
      true,
      3,
      (ink, x, y) => grey((190 + x / 8 + y / 16) * (1 - ink) + 70 * ink + 20 * noise(x, y)),
    ],
  ];
  it.each(paints)('sees through the colours: %s', (name, inverted, channels, paint) => {
    for (const digit of digits.slice(0, 12)) {
      const plain = digitFromPixels(picture(digit, whiteOnBlack));
      const coloured = digitFromPixels(picture(digit, paint, { channels }));
      expect(coloured.inverted).toBe(inverted);
      // Noise swallows the faintest edges of the ink; measured 0.037 there and 0.005 elsewhere.
      const tolerance = name.includes('noisy') ? 0.045 : 0.01;
      expect(shapeDifference(coloured.pixels, plain.pixels)).toBeLessThan(tolerance);
    }
  });

  it('sees through size and place, and finds the digit as it was prepared', () => {
    for (const digit of digits.slice(0, 12)) {
      for (const [factor, margin] of [
        [2, 3],
        [5, 90],
        [12, 1],
      ] as const) {
        const { pixels } = digitFromPixels(picture(digit, whiteOnBlack, { factor, margin }));
        // Measured 0.037: resampling is not exact.
        expect(
          shapeDifference(
            pixels,
            Float32Array.from(digit, (level) => level / 255),
          ),
        ).toBeLessThan(0.045);
      }
    }
  });

  it('drops specks, wherever they lie', () => {
    const digit = digits[3]!;
    const speckled: Paint = (ink, x, y) => grey(x < 3 && y < 3 ? 0 : 255 - 255 * ink);
    const clean = digitFromPixels(picture(digit, (ink) => grey(255 - 255 * ink)));
    // The speck still counts a little where the levels of ink and ground are measured.
    expect(meanDifference(digitFromPixels(picture(digit, speckled)).pixels, clean.pixels)).toBeLessThan(
      0.001,
    );
  });

  it('draws hairlines as thick as a pen would', () => {
    const width = 400;
    const line = (halfWidth: number) =>
      Uint8Array.from({ length: width * width }, (_, i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        const isRing = Math.abs(Math.hypot(x - 200, y - 200) - 150) < halfWidth;
        return isRing ? 0 : 255;
      });
    const [hair, pen] = [1, 16].map(
      (half) => digitFromPixels({ data: line(half), width, height: width, channels: 1 }).pixels,
    );
    expect(meanDifference(hair!, pen!)).toBeLessThan(0.02);
  });

  it.each<[string, PixelImage, RegExp]>([
    ['a blank sheet', solid(255), /no digit can be seen in the picture \(sheet\)/],
    ['a sheet with nothing but noise', noisy(), /no digit can be seen.*differs from the ground by 25/],
    [
      'too few bytes',
      { ...solid(0), width: 31 },
      /do not fit the size.*31 × 30 × 1 bytes.*received 900 bytes/,
    ],
    ['no pixel', { data: new Uint8Array(), width: 0, height: 0, channels: 3 }, /do not fit the size/],
  ])('refuses %s', (_, image, message) => {
    expect(() => digitFromPixels(image, 'sheet')).toThrow(DataError);
    expect(() => digitFromPixels(image, 'sheet')).toThrow(message);
  });

  it('survives a single pixel and a single line', () => {
    for (const [width, height] of [
      [1, 1],
      [1, 40],
      [40, 1],
      [2, 2],
    ] as const) {
      const data = Uint8Array.from({ length: width * height }, (_, i) => (i % 3 === 1 ? 255 : 0));
      const attempt = () => digitFromPixels({ data, width, height, channels: 1 });
      if (width * height === 1) expect(attempt).toThrow(DataError);
      else expect(attempt().pixels.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });
});

function solid(level: number): PixelImage {
  return { data: new Uint8Array(900).fill(level), width: 30, height: 30, channels: 1 };
}

function noisy(): PixelImage {
  const data = Uint8Array.from({ length: 900 }, (_, i) => 220 + 20 * noise(i, 1));
  return { data, width: 30, height: 30, channels: 1 };
}
