import { describe, expect, it } from 'vitest';
import { functional } from '../../src/index.ts';
import { activationCurve, activationRow, lossCurve, lossValue } from '../../src/inspect/index.ts';

const PLACES = [-2.3, -0.4, 0.7, 3.1];

describe('activationCurve', () => {
  it.each(['sigmoid', 'tanh', 'relu', 'leakyRelu', 'gelu', 'softplus', 'step'] as const)(
    'of %s has the slope of its differences',
    async (name) => {
      const { x, slope } = await activationCurve(name, PLACES);
      const above = await activationCurve(
        name,
        x.map((value) => value + 1e-5),
      );
      const below = await activationCurve(
        name,
        x.map((value) => value - 1e-5),
      );
      slope.forEach((value, i) => {
        expect(value).toBeCloseTo((above.y[i]! - below.y[i]!) / 2e-5, 5);
      });
    },
  );

  it('takes functions of one’s own, and says what happens at kinks', async () => {
    const square = await activationCurve((x) => functional.power(x, 2), [3, -1]);
    expect([square.y, square.slope]).toEqual([
      [9, 1],
      [6, -2],
    ]);
    expect((await activationCurve('relu', [0])).slope).toEqual([0]);
  });
});

describe('the curriculum’s numbers', () => {
  const rounded = async (z: number[]) => (await activationRow('softmax', z)).map((p) => p.toFixed(2));

  it('softmax', async () => {
    expect(await rounded([5, 4, 2])).toEqual(['0.71', '0.26', '0.04']);
    expect(await rounded([4, 2, 8])).toEqual(['0.02', '0.00', '0.98']);
  });

  it('losses of one prediction', async () => {
    const bce = await lossCurve('binaryCrossentropy', 1, [0.73, 1]);
    expect(bce.y.map((value) => value.toFixed(4))).toEqual(['0.3147', '0.0000']);
    expect((bce.y[0]! / Math.LN10).toFixed(4)).toBe('0.1367');
    expect((await lossCurve('meanSquaredError', 80, [40, 75])).y).toEqual([1600, 25]);
  });

  it('losses of several', async () => {
    expect((await lossValue('categoricalCrossentropy', [1, 0], [0.8, 0.2])).toFixed(4)).toBe('0.2231');
    expect(await lossValue('meanSquaredError', [1_000_000, 5000], [800_000, 4500])).toBe(2.0000125e10);
    // Entropy is the cross-entropy of a distribution with itself.
    expect(await lossValue('categoricalCrossentropy', [0.5, 0.5], [0.5, 0.5])).toBeCloseTo(Math.LN2, 6);
  });
});

it('lossCurve has the slope of its differences', async () => {
  for (const loss of ['binaryCrossentropy', 'meanAbsoluteError', 'huber', 'hinge'] as const) {
    const p = [0.2, 0.6, 0.9];
    const { slope } = await lossCurve(loss, 1, p);
    const above = await lossCurve(
      loss,
      1,
      p.map((value) => value + 1e-6),
    );
    const below = await lossCurve(
      loss,
      1,
      p.map((value) => value - 1e-6),
    );
    slope.forEach((value, i) => {
      expect(value).toBeCloseTo((above.y[i]! - below.y[i]!) / 2e-6, 5);
    });
  }
});

it('lossValue says when lists are of two lengths', async () => {
  await expect(lossValue('meanSquaredError', [1, 2], [1])).rejects.toThrow(
    'received 2 targets and 1 predictions',
  );
});
