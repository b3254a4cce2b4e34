import { describe, expect, it } from 'vitest';
import { categoricalHinge, hinge, squaredHinge } from '../../src/functional/index.ts';
import { constant, input } from '../../src/ops/index.ts';
import { expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const row = (...values: number[]) => constant(values, [values.length]);

describe('hinge', () => {
  it('is max(1 − t·p, 0), with 0 counting as −1', async () => {
    expect(await valuesOf(hinge(row(1, -1), row(0.25, -2)))).toEqual([0.375]);
    expect(await valuesOf(hinge(row(1, 0), row(0.25, -2)))).toEqual([0.375]);
    expect(await valuesOf(hinge(row(0), row(0.5)))).toEqual([1.5]);
  });

  it('has slope −t below the margin, and 0 from the margin on', async () => {
    for (const [p, slope] of [
      [0.5, -1],
      [1, 0],
      [2, 0],
    ] as const) {
      const prediction = row(p);
      expect((await gradientOf(hinge(row(1), prediction), prediction))[0]).toBeCloseTo(slope, 12);
    }
  });
});

describe('squaredHinge', () => {
  it('is the square, whose slope has no jump', async () => {
    expect(await valuesOf(squaredHinge(row(1, 0), row(0.5, -2)))).toEqual([0.125]);
    const edge = row(1);
    expect((await gradientOf(squaredHinge(row(1), edge), edge))[0]).toBeCloseTo(0, 12);
  });
});

describe('categoricalHinge', () => {
  it('compares the right class with the best wrong one', async () => {
    expect(await valuesOf(categoricalHinge(row(0, 1, 0), row(0.5, 1, 0.25)))).toEqual([0.5]);
    expect(await valuesOf(categoricalHinge(row(0, 1, 0), row(0.5, 2, 0.25)))).toEqual([0]);
  });

  it('pulls at those two classes only', async () => {
    const p = row(0.5, 1, 0.25);
    expect(await gradientOf(categoricalHinge(row(0, 1, 0), p), p)).toEqual([1, -1, 0]);
  });
});

describe.each([
  ['hinge', hinge],
  ['squaredHinge', squaredHinge],
  ['categoricalHinge', categoricalHinge],
] as const)('%s', (name, call) => {
  it('has the gradients that differences give', async () => {
    const random = seeded(47);
    const [t, p] = [constant([1, 0, 0, 0, 1, 0, 0, 0, 1], [3, 3]), input('p', [3, 3])];
    const values = [Float64Array.from({ length: 9 }, () => 3 * random() - 1.5)];
    await expectGradients(call(t, p), [p], values, random);
  });

  it('refuses targets of another shape', () => {
    expect(() => call(input('t', [3]), input('p', [3, 1]))).toThrow(`${name}: expected targets`);
  });
});
