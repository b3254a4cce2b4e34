import { describe, expect, it } from 'vitest';
import { functional, type Tensor } from '../../src/index.ts';
import { approximations, leastSquares, polynomialBound } from '../../src/inspect/index.ts';

const x = Array.from({ length: 201 }, (_, i) => (i - 100) / 100);
const TARGETS = {
  sine: x.map((value) => Math.sin(2 * Math.PI * value)),
  corner: x.map(Math.abs),
  zigzag: x.map((value) => Math.abs(((((3 * value) % 1) + 1) % 1) - 0.5)),
};
const WIDTHS = [1, 2, 4, 8, 16, 32, 64, 128];
const degree = (k: number) => (z: Tensor) => functional.power(z, k);

describe.each(Object.entries(TARGETS))('networks that are to be the %s', (_name, y) => {
  it.each(['tanh', 'relu', 'sigmoid'] as const)(
    'of %s come as near as one likes with more units',
    async (activation) => {
      const found = await approximations({ x, y }, { activation, widths: WIDTHS });
      expect(found.at(-1)!.largest).toBeLessThan(0.02);
      expect(found[0]!.largest).toBeGreaterThan(0.2);
      // The first units of each are the same, so that more of them never do worse.
      for (let i = 1; i < found.length; i++) {
        expect(found[i]!.rms).toBeLessThanOrEqual(found[i - 1]!.rms + 1e-9);
      }
    },
  );

  it.each([1, 2, 3, 5])('of a polynomial of degree %i do not, however many units they have', async (k) => {
    const target = { x, y };
    const found = await approximations(target, { activation: degree(k), widths: WIDTHS });
    // The polynomial of that degree with the least squared error is as far as they come.
    const powers = Array.from({ length: k + 1 }, (_, power) => x.map((value) => value ** power));
    const { solution } = leastSquares(powers, y);
    const polynomial = x.map((value) => solution.reduce((sum, c, power) => sum + c * value ** power, 0));
    for (const { y: values, units, rank } of found.filter(({ units }) => units.length > k)) {
      expect(rank).toBe(k + 1);
      values.forEach((value, i) => {
        expect(value).toBeCloseTo(polynomial[i]!, 6);
      });
      expect(units.length).toBeGreaterThan(k);
    }
    const bound = polynomialBound(target, k);
    expect(bound).toBeGreaterThan(0.02);
    for (const { largest } of found) expect(largest).toBeGreaterThanOrEqual(bound - 1e-9);
  });
});

describe('approximations', () => {
  it('give the network that they say', async () => {
    const [found] = await approximations(
      { x, y: TARGETS.sine },
      { activation: 'tanh', widths: [6], seed: 3 },
    );
    const { units, bias, y, largest, rms } = found!;
    const values = x.map((value) =>
      units.reduce((sum, { w, b, v }) => sum + v * Math.tanh(w * value + b), bias),
    );
    const errors = values.map((value, i) => Math.abs(value - TARGETS.sine[i]!));
    values.forEach((value, i) => {
      expect(y[i]).toBeCloseTo(value, 9);
    });
    expect(largest).toBeCloseTo(Math.max(...errors), 9);
    expect(rms).toBeCloseTo(Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / x.length), 9);
  });

  it('are decided by the seed', async () => {
    const of = (seed: number) =>
      approximations({ x, y: TARGETS.corner }, { activation: 'relu', widths: [3, 9], seed });
    expect(await of(1)).toEqual(await of(1));
    expect((await of(1))[1]!.units).not.toEqual((await of(2))[1]!.units);
  });

  it('hit few places exactly', async () => {
    const target = { x: [0, 1, 2], y: [5, -1, 3] };
    const [found] = await approximations(target, { activation: 'relu', widths: [20] });
    expect(found!.largest).toBeLessThan(1e-9);
  });

  it('say what is wrong', async () => {
    const one = approximations({ x: [1], y: [1] }, { activation: 'relu', widths: [1] });
    await expect(one).rejects.toThrow('two at least; received 1 places and 1 values');
    const none = approximations({ x, y: TARGETS.sine }, { activation: 'relu', widths: [0] });
    await expect(none).rejects.toThrow('expected widths of 1 or more; received 0');
  });
});

describe('polynomialBound', () => {
  it('is what is known of |x| and of Chebyshev’s polynomials', () => {
    expect(polynomialBound({ x, y: TARGETS.corner }, 0)).toBeCloseTo(0.5, 9);
    expect(polynomialBound({ x, y: TARGETS.corner }, 1)).toBeCloseTo(0.5, 9);
    // Of degree 2, x² + 1/8 is the nearest (P. Chebyshev): 1/8 away.
    const quarter = polynomialBound({ x, y: TARGETS.corner }, 2);
    expect(quarter).toBeGreaterThan(0.1);
    expect(quarter).toBeLessThanOrEqual(1 / 8 + 1e-9);
    // Of x³, the nearest of degree 2 is 3/4·x, 1/4 away.
    expect(polynomialBound({ x, y: x.map((value) => value ** 3) }, 2)).toBeCloseTo(0.25, 3);
  });

  it('is 0 of polynomials of the degree, and where there are too few places', () => {
    const y = x.map((value) => 2 - value + 3 * value ** 3);
    expect(polynomialBound({ x, y }, 3)).toBeLessThan(1e-9);
    expect(polynomialBound({ x: [0, 1], y: [0, 5] }, 1)).toBe(0);
  });
});
