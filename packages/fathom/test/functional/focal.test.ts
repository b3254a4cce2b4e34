import { describe, expect, it } from 'vitest';
import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  softmax,
} from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { constant, input, sigmoid } from '../../src/ops/index.ts';
import { expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const yes = constant([1, 0, 1, 0], [2, 2]);
const p = constant([0.9, 0.2, 0.4, 0.7], [2, 2]);

describe('binaryFocalCrossentropy', () => {
  it('is binary cross-entropy with gamma 0', async () => {
    const plain = await valuesOf(binaryCrossentropy(yes, p));
    const focal = await valuesOf(binaryFocalCrossentropy(yes, p, { gamma: 0 }));
    focal.forEach((value, i) => {
      expect(value).toBeCloseTo(plain[i]!, 12);
    });
  });

  it('weighs by (1 − pₜ)^γ: an easy sample fades, a hard one stays', async () => {
    const one = constant([1], [1]);
    const loss = async (q: number) => (await valuesOf(binaryFocalCrossentropy(one, constant([q], [1]))))[0]!;
    expect(await loss(0.9)).toBeCloseTo(0.01 * -Math.log(0.9), 8);
    expect((await loss(0.1)) / -Math.log(0.1)).toBeCloseTo(0.81, 6);
  });

  it('weighs yes with alpha and no with 1 − alpha', async () => {
    const options = { gamma: 0, alpha: 0.25, applyClassBalancing: true };
    const [value] = await valuesOf(
      binaryFocalCrossentropy(constant([1, 0], [1, 2]), constant([0.5, 0.5], [1, 2]), options),
    );
    expect(value).toBeCloseTo((0.25 * Math.LN2 + 0.75 * Math.LN2) / 2, 6);
  });

  it('has finite losses and slopes where sigmoid saturates, also for a broken gamma', async () => {
    for (const gamma of [2, 1.5]) {
      const logits = constant([200, -200, 200, -200], [4, 1]);
      const loss = binaryFocalCrossentropy(constant([1, 1, 0, 0], [4, 1]), logits, {
        gamma,
        fromLogits: true,
      });
      const values = [...(await valuesOf(loss)), ...(await gradientOf(loss, logits))];
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values[1]).toBeCloseTo(200, 3);
    }
  });
});

describe('categoricalFocalCrossentropy', () => {
  const targets = constant([1, 0, 0, 0, 0, 1], [2, 3]);
  const logits = constant([1, 2, -1, 0.5, 0, 3], [2, 3]);

  it('is cross-entropy with gamma 0 and alpha 1', async () => {
    const plain = await valuesOf(categoricalCrossentropy(targets, logits, { fromLogits: true }));
    const options = { gamma: 0, alpha: 1, fromLogits: true };
    const focal = await valuesOf(categoricalFocalCrossentropy(targets, logits, options));
    focal.forEach((value, i) => {
      expect(value).toBeCloseTo(plain[i]!, 12);
    });
  });

  it('is the same from logits, from softmax, and from plain probabilities', async () => {
    const fromLogits = await valuesOf(categoricalFocalCrossentropy(targets, logits, { fromLogits: true }));
    const probabilities = constant(await valuesOf(softmax(logits)), [2, 3]);
    for (const given of [softmax(logits), probabilities]) {
      (await valuesOf(categoricalFocalCrossentropy(targets, given))).forEach((value, i) => {
        expect(value).toBeCloseTo(fromLogits[i]!, 6);
      });
    }
  });

  it('stays finite and steep where softmax rounds to 0', async () => {
    const far = constant([1000, 0], [1, 2]);
    const loss = categoricalFocalCrossentropy(constant([0, 1], [1, 2]), far, { fromLogits: true, alpha: 1 });
    expect(await valuesOf(loss)).toEqual([1000]);
    expect(await gradientOf(loss, far)).toEqual([1, -1]);
  });
});

describe('gradients', () => {
  const FORMS: readonly [string, (t: Tensor, x: Tensor) => Tensor][] = [
    ['binary', (t, x) => binaryFocalCrossentropy(t, x)],
    ['binary of sigmoid', (t, x) => binaryFocalCrossentropy(t, sigmoid(x))],
    ['binary, gamma 0.7', (t, x) => binaryFocalCrossentropy(t, x, { gamma: 0.7, labelSmoothing: 0.1 })],
    ['binary, balanced', (t, x) => binaryFocalCrossentropy(t, x, { applyClassBalancing: true })],
    ['categorical', (t, x) => categoricalFocalCrossentropy(t, x)],
    ['categorical of softmax', (t, x) => categoricalFocalCrossentropy(t, softmax(x))],
    [
      'categorical, gamma 1.3',
      (t, x) => categoricalFocalCrossentropy(t, x, { gamma: 1.3, labelSmoothing: 0.1 }),
    ],
  ];
  it.each(FORMS)('%s agrees with differences', async (_name, call) => {
    const random = seeded(53);
    const [t, x] = [input('t', [3, 4]), input('x', [3, 4])];
    const values = [0, 1].map(() => Float64Array.from({ length: 12 }, () => 0.1 + 0.8 * random()));
    await expectGradients(call(t, x), [t, x], values, random);
  });
});

it('options out of their range are refused', () => {
  for (const call of [binaryFocalCrossentropy, categoricalFocalCrossentropy]) {
    expect(() => call(yes, p, { gamma: -1 })).toThrow('gamma: expected a finite number of 0 or more');
    expect(() => call(yes, p, { alpha: 2 })).toThrow('alpha: expected a number in [0, 1]');
    expect(() => call(yes, p, { labelSmoothing: 1.5 })).toThrow(
      'labelSmoothing: expected a number in [0, 1]',
    );
  }
});
