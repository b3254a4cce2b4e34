import { lifeExpectancy } from 'fathom';
import { describe, expect, it } from 'vitest';
import { neuronHandlers } from '../../src/engine/neuron.ts';
import { OWN_PLACES, readOwn, WIDTHS, wobble } from '../../src/rooms/neuron/approximate.ts';
import { ACTIVATIONS, LOSSES, VECTORS } from '../../src/rooms/neuron/functions.ts';

const call = neuronHandlers;

describe('universal approximation', () => {
  it.each(['sine', 'corner', wobble()] as const)(
    'of %s: tanh and ReLU come near, a polynomial does not',
    async (target) => {
      const { networks, bound, x, y } = await call['neuron/approximate']({
        target,
        degree: 2,
        widths: WIDTHS,
        seed: 1,
      });
      expect([x[0], x.at(-1), y.length]).toEqual([-1, 1, x.length]);
      for (const name of ['tanh', 'relu'] as const) {
        expect(networks[name].at(-1)!.largest).toBeLessThan(bound / 2);
        expect(networks[name].at(-1)!.largest).toBeLessThan(networks[name][0]!.largest / 5);
      }
      for (const { largest } of networks.polynomial) expect(largest).toBeGreaterThanOrEqual(bound - 1e-9);
      // Three units are as good as any number of them.
      const [, , four, ...more] = networks.polynomial;
      for (const { largest } of more) expect(largest).toBeCloseTo(four!.largest, 6);
    },
  );

  it('a curve of one’s own goes through its points', async () => {
    const target = wobble();
    const { y } = await call['neuron/approximate']({ target, degree: 1, widths: [1], seed: 0 });
    target.forEach((value, i) => {
      expect(y[(i * (y.length - 1)) / (OWN_PLACES - 1)]).toBeCloseTo(value, 9);
    });
    expect(readOwn(target.join(' '))).toEqual(target);
    expect(readOwn('1 2 3')).toBeUndefined();
    expect(readOwn(null)).toBeUndefined();
  });
});

describe('the line', () => {
  const task = { samples: lifeExpectancy({ seed: 1 }), rate: 0.03, steps: 50, seed: 0 };
  const start = { slope: 5, intercept: 20 };

  it('is found by both ways, in one picture', async () => {
    const solved = (await call['neuron/line']({ ...task, start, batches: [0, 8, 1] }))!;
    expect(solved.paths.map((path) => path.length)).toEqual([51, 51, 51]);
    for (const path of solved.paths) expect(path[0]).toMatchObject(start);
    const { slopes, intercepts } = solved.surface;
    const { line } = solved.normal;
    for (const { slope, intercept } of [line, start]) {
      expect(slope).toBeGreaterThan(slopes[0]!);
      expect(slope).toBeLessThan(slopes.at(-1)!);
      expect(intercept).toBeGreaterThan(intercepts[0]!);
      expect(intercept).toBeLessThan(intercepts.at(-1)!);
    }
  });

  it('is none over a single x', async () => {
    const samples = [
      { x: 2, y: 1 },
      { x: 2, y: 3 },
    ];
    expect(await call['neuron/line']({ ...task, samples, start, batches: [0] })).toBeNull();
  });
});

describe('functions', () => {
  it('are known by the names of the room', async () => {
    for (const { id } of ACTIVATIONS) {
      const { y, slope } = await call['neuron/activation']({
        activation: { name: id, gamma: 0.1 },
        x: [-2, 0.5],
      });
      expect([...y, ...slope].every(Number.isFinite)).toBe(true);
      if (id === 'leakyRelu') expect([y[0], slope[0]]).toEqual([-0.2, 0.1]);
    }
    for (const { id, targets } of LOSSES) {
      for (const target of targets) {
        const { y } = await call['neuron/loss']({ loss: id, target, predictions: [0.3, 1] });
        expect(y.every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('have the curriculum’s numbers in their examples', async () => {
    const [cat, house, , coin] = await Promise.all(VECTORS.map((vectors) => call['neuron/vectors'](vectors)));
    expect(cat!.crossentropy.toFixed(4)).toBe('0.2231');
    expect(cat!.entropy).toBeCloseTo(0, 6);
    expect(house!.mse).toBe(2.0000125e10);
    expect(house!.rmse).toBeCloseTo(141_421.8, 1);
    expect(house!.crossentropy).toBeNaN();
    expect(coin!.entropy).toBeCloseTo(Math.LN2, 6);
  });
});
