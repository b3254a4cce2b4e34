import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { HANDS } from '../../../src/data/digits/hands.ts';
import { syntheticDigits } from '../../../src/data/digits/index.ts';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const sample = syntheticDigits({ seed: 3, count: 2000 });

function image(index: number): Uint8Array {
  return sample.images.subarray(index * PIXELS, (index + 1) * PIXELS);
}

function measure(pixels: Uint8Array) {
  let mass = 0;
  let sumX = 0;
  let sumY = 0;
  let left = SIDE;
  let right = -1;
  let top = SIDE;
  let bottom = -1;
  pixels.forEach((value, at) => {
    if (value === 0) return;
    const x = at % SIDE;
    const y = Math.floor(at / SIDE);
    mass += value;
    sumX += value * x;
    sumY += value * y;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  });
  return { mass, x: sumX / mass, y: sumY / mass, width: right - left + 1, height: bottom - top + 1 };
}

describe('syntheticDigits: the sequence', () => {
  it('draws the same bytes on every machine and in every version of the engine', () => {
    const { images, labels } = syntheticDigits({ seed: 0, count: 200 });
    const hash = createHash('sha256').update(images).update(labels).digest('hex');
    expect(hash).toBe('489eddf8b4b06cc41b36ff60b04940836cfd5f0ae7550437111c648d2d3d1e0c');
  });

  it('describes its pictures', () => {
    const { images, labels, count, rows, columns } = syntheticDigits({ count: 3 });
    expect({ count, rows, columns }).toEqual({ count: 3, rows: 28, columns: 28 });
    expect(images).toHaveLength(3 * PIXELS);
    expect(labels).toHaveLength(3);
  });

  it('has seed 0, count 10000 and start 0 as defaults', () => {
    const all = syntheticDigits();
    const first = syntheticDigits({ seed: 0, start: 0, count: 30 });
    expect(all.count).toBe(10000);
    expect(all.images.subarray(0, 30 * PIXELS)).toEqual(first.images);
  });

  it('is the same in one batch or streamed in uneven pieces', () => {
    const whole = syntheticDigits({ seed: 5, start: 17, count: 60 });
    let done = 0;
    for (const count of [1, 12, 0, 40, 7]) {
      const piece = syntheticDigits({ seed: 5, start: 17 + done, count });
      expect(piece.labels).toEqual(whole.labels.slice(done, done + count));
      expect(piece.images).toEqual(whole.images.slice(done * PIXELS, (done + count) * PIXELS));
      done += count;
    }
    expect(done).toBe(whole.count);
  });

  it('goes on far beyond 32 bits without repeating', () => {
    const near = syntheticDigits({ seed: 5, start: 0, count: 20 });
    const far = syntheticDigits({ seed: 5, start: 2 ** 32, count: 20 });
    const farther = syntheticDigits({ seed: 5, start: 2 ** 52, count: 20 });
    expect(far.images).not.toEqual(near.images);
    expect(farther.images).not.toEqual(far.images);
  });

  it('draws other pictures in another order for another seed, negative or large ones too', () => {
    const seeds = [0, 1, 2, -1, 2 ** 32, 2 ** 32 + 1];
    const drawn = seeds.map((seed) => syntheticDigits({ seed, count: 50 }));
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    expect(new Set(drawn.map((d) => digest(d.images))).size).toBe(seeds.length);
    expect(new Set(drawn.map((d) => digest(d.labels))).size).toBe(seeds.length);
  });

  it('never draws a picture twice', () => {
    const seen = new Set<string>();
    for (let i = 0; i < sample.count; i++) seen.add(Buffer.from(image(i)).toString('base64'));
    expect(seen.size).toBe(sample.count);
  });

  it('holds every digit once in each aligned ten, in an order that changes', () => {
    const orders = new Set<string>();
    for (let i = 0; i < sample.count; i += 10) {
      const ten = [...sample.labels.subarray(i, i + 10)];
      orders.add(ten.join(''));
      expect(ten.sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(orders.size).toBeGreaterThan(195);
  });
});

describe('syntheticDigits: pictures prepared as MNIST is', () => {
  it('centres the mass within half a pixel of index 14', () => {
    for (let i = 0; i < sample.count; i++) {
      const { x, y } = measure(image(i));
      expect(Math.abs(x - 14)).toBeLessThanOrEqual(0.5);
      expect(Math.abs(y - 14)).toBeLessThanOrEqual(0.5);
    }
  });

  it('fits the ink into 20×20, the longer side filling it', () => {
    for (let i = 0; i < sample.count; i++) {
      const { width, height } = measure(image(i));
      expect(Math.max(width, height)).toBe(20);
    }
  });

  it('leaves no picture empty, pale or solid', () => {
    for (let i = 0; i < sample.count; i++) {
      const pixels = image(i);
      const ink = measure(pixels).mass / 255;
      expect(ink).toBeGreaterThan(15);
      expect(ink).toBeLessThan(300);
      expect(Math.max(...pixels)).toBeGreaterThan(120);
    }
  });

  it('has the ink, proportions and grey levels of MNIST', () => {
    let ink = 0;
    let width = 0;
    let inked = 0;
    let full = 0;
    for (let i = 0; i < sample.count; i++) {
      const measured = measure(image(i));
      ink += measured.mass / 255 / sample.count;
      width += measured.width / sample.count;
    }
    for (const value of sample.images) {
      if (value > 0) inked++;
      if (value > 223) full++;
    }
    // The 60,000 training images of MNIST: 102.4, 15.7, 0.191 and 0.476.
    expect(ink).toBeCloseTo(105, -1);
    expect(Math.abs(width - 15.7)).toBeLessThan(1);
    expect(Math.abs(inked / sample.images.length - 0.191)).toBeLessThan(0.02);
    expect(Math.abs(full / inked - 0.476)).toBeLessThan(0.08);
  });

  it('draws digits that a nearest mean tells apart, with hands that differ', () => {
    const means = Array.from({ length: 10 }, () => new Float64Array(PIXELS));
    const spread = new Float64Array(10);
    for (let i = 0; i < 1000; i++) {
      const mean = means[sample.labels[i]!]!;
      image(i).forEach((value, at) => {
        mean[at] = mean[at]! + value / 100;
      });
    }
    const distance = (pixels: Uint8Array, mean: Float64Array) =>
      pixels.reduce((sum, value, at) => sum + (value - mean[at]!) ** 2, 0);
    let right = 0;
    for (let i = 1000; i < 2000; i++) {
      const label = sample.labels[i]!;
      const distances = means.map((mean) => distance(image(i), mean));
      if (distances.indexOf(Math.min(...distances)) === label) right++;
      spread[label] = spread[label]! + distances[label]! / 100 / 255 ** 2;
    }
    // On MNIST a nearest mean is right 82 % of the time; far more would mean digits all alike.
    expect(right / 1000).toBeGreaterThan(0.55);
    expect(right / 1000).toBeLessThan(0.9);
    for (const digit of spread) expect(digit).toBeGreaterThan(15);
  });
});

describe('syntheticDigits: bad input', () => {
  it.each([
    [{ count: -1 }, 'count must be a whole number, at least 0; received -1'],
    [{ count: 2.5 }, 'count must be a whole number, at least 0; received 2.5'],
    [{ start: -10 }, 'start must be a whole number, at least 0; received -10'],
    [{ start: 2 ** 53 }, 'start must be a whole number, at least 0; received 9007199254740992'],
    [{ seed: 0.5 }, 'seed must be a whole number; received 0.5'],
    [{ seed: Number.NaN }, 'seed must be a whole number; received NaN'],
  ])('%j', (options, message) => {
    expect(() => syntheticDigits(options)).toThrow(RangeError);
    expect(() => syntheticDigits(options)).toThrow(message);
  });

  it('draws nothing when asked for nothing', () => {
    expect(syntheticDigits({ count: 0 }).images).toHaveLength(0);
  });
});

describe('the hands', () => {
  const shape = (form: string) => form.replace(/-?\d+(\.\d+)?,-?\d+(\.\d+)?/g, '.');

  it('has several hands for each of the ten digits', () => {
    expect(HANDS).toHaveLength(10);
    for (const hands of HANDS) expect(hands.length).toBeGreaterThanOrEqual(3);
  });

  it.each(HANDS.map((hands, digit) => [digit, hands] as const))(
    'digit %d: the forms of a hand make the same movement, near the unit box',
    (_digit, hands) => {
      for (const { weight, forms } of hands) {
        expect(weight).toBeGreaterThan(0);
        expect(new Set(forms.map(shape)).size).toBe(1);
        expect(shape(forms[0]!)).toMatch(/^\.!?( \.!?)+( \| \.!?( \.!?)+)*$/);
        for (const [x, y] of forms.flatMap((form) => form.match(/-?\d+,-?\d+/g)!.map((p) => p.split(',')))) {
          expect(Number(x)).toBeGreaterThanOrEqual(-20);
          expect(Number(x)).toBeLessThanOrEqual(110);
          expect(Number(y)).toBeGreaterThanOrEqual(-15);
          expect(Number(y)).toBeLessThanOrEqual(110);
        }
      }
    },
  );
});
