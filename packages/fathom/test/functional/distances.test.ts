import { describe, expect, it } from 'vitest';
import {
  cosineSimilarity,
  huber,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  poisson,
} from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { constant, input } from '../../src/ops/index.ts';
import { evaluate, selectBackend } from '../../src/runtime.ts';
import { expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

type Function = (targets: Tensor, predictions: Tensor) => Tensor;

const row = (...values: number[]) => constant(values, [values.length]);
/** Value and gradient with respect to the predictions of one target and one prediction. */
async function at(call: Function, target: number, prediction: number): Promise<[number, number]> {
  const p = row(prediction);
  const y = call(row(target), p);
  return [(await valuesOf(y))[0]!, (await gradientOf(y, p))[0]!];
}

const DISTANCES: readonly [string, Function][] = [
  ['meanAbsoluteError', meanAbsoluteError],
  ['meanAbsolutePercentageError', meanAbsolutePercentageError],
  ['meanSquaredLogarithmicError', meanSquaredLogarithmicError],
  ['huber', huber],
  ['huber with delta 0.2', (t, p) => huber(t, p, { delta: 0.2 })],
  ['logCosh', logCosh],
  ['klDivergence', klDivergence],
  ['poisson', poisson],
  ['cosineSimilarity', cosineSimilarity],
  ['cosineSimilarity along axis 0', (t, p) => cosineSimilarity(t, p, 0)],
];

describe.each(DISTANCES)('%s', (name, call) => {
  it('has the gradients that differences give, for targets too', async () => {
    const random = seeded(41);
    const [t, p] = [input('t', [3, 4]), input('p', [3, 4])];
    const values = [0, 1].map(() => Float64Array.from({ length: 12 }, () => 0.1 + 0.85 * random()));
    await expectGradients(call(t, p), [t, p], values, random);
  });

  it('refuses targets of another shape', () => {
    expect(() => call(input('t', [3]), input('p', [3, 1]))).toThrow(
      `${name.split(' ')[0]}: expected targets`,
    );
  });

  it('gives NaN for NaN', async () => {
    const values = await valuesOf(call(constant([0.5, 0.5], [1, 2]), constant([0.5, Number.NaN], [1, 2])));
    expect(values.at(-1)).toBeNaN();
  });
});

describe('kinks and limits', () => {
  it('meanAbsoluteError: slope ±1, 0 where both are equal', async () => {
    expect(await at(meanAbsoluteError, 1, 3)).toEqual([2, 1]);
    expect(await at(meanAbsoluteError, 1, -3)).toEqual([4, -1]);
    expect(await at(meanAbsoluteError, 1, 1)).toEqual([0, 0]);
  });

  it('meanAbsolutePercentageError: a target of 0 counts as 1e-7', async () => {
    expect(await at(meanAbsolutePercentageError, 80, 40)).toEqual([50, -100 / 80]);
    const [value] = await at(meanAbsolutePercentageError, 0, 1);
    expect(value).toBeCloseTo(1e9, -3);
  });

  it('meanSquaredLogarithmicError: e − 1 against 0 is 1; negative predictions have no gradient', async () => {
    const [value] = await at(meanSquaredLogarithmicError, Math.E - 1, 0);
    expect(value).toBeCloseTo(1, 6);
    expect((await at(meanSquaredLogarithmicError, 2, -0.5))[1]).toBe(0);
  });

  it('huber: parabola up to delta, line beyond, the same slope where they meet', async () => {
    expect(await at(huber, 0, 0.5)).toEqual([0.125, 0.5]);
    expect(await at(huber, 0, 1)).toEqual([0.5, 1]);
    expect(await at(huber, 0, -3)).toEqual([2.5, -1]);
    expect(await at(huber, 0, 0)).toEqual([0, 0]);
    expect(await at((t, p) => huber(t, p, { delta: 2 }), 0, 3)).toEqual([4, 2]);
    for (const delta of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => huber(row(0), row(0), { delta })).toThrow(
        'huber: delta: expected a finite number greater',
      );
    }
  });

  it('logCosh: about e²/2 near 0 and |e| − ln 2 far away, where cosh itself overflows', async () => {
    const [small, slope] = await at(logCosh, 0, 0.01);
    expect(small).toBeCloseTo(0.01 ** 2 / 2, 8);
    expect(slope).toBeCloseTo(Math.tanh(Math.fround(0.01)), 12);
    expect(await at(logCosh, 0, 0)).toEqual([0, 0]);
    expect(await at(logCosh, 0, -1000)).toEqual([1000 - Math.LN2, -1]);
  });

  it('klDivergence: 0 for equal probabilities, finite where one is 0', async () => {
    const p = row(0.25, 0.75);
    expect(await valuesOf(klDivergence(p, p))).toEqual([0]);
    const [value] = await valuesOf(klDivergence(row(1, 0), row(0, 1)));
    expect(value).toBeCloseTo(-Math.log(1e-7) + 1e-7 * Math.log(1e-7), 4);
  });

  it('poisson: smallest where the mean is the count', async () => {
    const [value, slope] = await at(poisson, 3, 3);
    expect(value).toBeCloseTo(3 - 3 * Math.log(3), 6);
    expect(slope).toBeCloseTo(0, 6);
  });

  it('cosineSimilarity: by direction only, and 0 with finite slope for zeros', async () => {
    const similarity = async (a: number[], b: number[]) =>
      (await valuesOf(cosineSimilarity(row(...a), row(...b))))[0]!;
    expect(await similarity([1, 2], [10, 20])).toBeCloseTo(1, 12);
    expect(await similarity([1, 2], [-1, -2])).toBeCloseTo(-1, 12);
    expect(await similarity([1, 0], [0, 5])).toBe(0);
    expect(await similarity([1, 0], [0, 0])).toBe(0);
    const zero = row(0, 0);
    for (const slope of await gradientOf(cosineSimilarity(row(1, 0), zero), zero)) {
      expect(Number.isFinite(slope)).toBe(true);
    }
  });
});

describe('on wasm', () => {
  it('means the same in float32', async () => {
    const random = seeded(43);
    const [t, p] = [input('t', [5, 7]), input('p', [5, 7])];
    const feeds = new Map(
      [t, p].map((node) => [node, Float32Array.from({ length: 35 }, () => 0.1 + random())]),
    );
    const outputs = DISTANCES.map(([, call]) => call(t, p));
    const expected = await Promise.all(outputs.map((y) => evaluate([y], feeds)));
    const actual = await evaluate(outputs, feeds, await selectBackend('wasm', { threads: 1 }));
    actual.forEach((values, i) => {
      values.forEach((value, k) => {
        expect(value, DISTANCES[i]![0]).toBeCloseTo(expected[i]![0]![k]!, 4);
      });
    });
  });
});
