import { describe, expect, it } from 'vitest';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  meanSquaredError,
  softmax,
  sparseCategoricalCrossentropy,
} from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { constant, input, sigmoid } from '../../src/ops/index.ts';
import { expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const close = (actual: readonly number[], expected: readonly number[], digits = 6) => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, digits);
  });
};

describe('categoricalCrossentropy', () => {
  const targets = constant([1, 0, 0, 0.5, 0.5, 0], [2, 3]);

  it('is −Σ t ln p, after scaling p to sum 1', async () => {
    const p = constant([0.5, 0.25, 0.25, 2, 1, 1], [2, 3]);
    const expected = [-Math.log(0.5), -0.5 * Math.log(0.5) - 0.5 * Math.log(0.25)];
    close(await valuesOf(categoricalCrossentropy(targets, p)), expected);
  });

  it('clips probabilities, because ln 0 is undefined', async () => {
    const loss = categoricalCrossentropy(constant([1, 0]), constant([0, 1]));
    close(await valuesOf(loss), [-Math.log(1e-7)], 4);
  });

  it('is the same from logits, from softmax, and from plain probabilities', async () => {
    const logits = constant([1, 2, -1, 0.5, 0, 3], [2, 3]);
    const fromLogits = await valuesOf(categoricalCrossentropy(targets, logits, { fromLogits: true }));
    close(await valuesOf(categoricalCrossentropy(targets, softmax(logits))), fromLogits, 12);
    const probabilities = constant(await valuesOf(softmax(logits)), [2, 3]);
    close(await valuesOf(categoricalCrossentropy(targets, probabilities)), fromLogits, 6);
  });

  it('stays finite and steep where softmax rounds to 0', async () => {
    const logits = constant([1000, 0]);
    const loss = categoricalCrossentropy(constant([0, 1]), softmax(logits));
    expect(await valuesOf(loss)).toEqual([1000]);
    expect(await gradientOf(loss, logits)).toEqual([1, -1]);
  });
});

describe('sparseCategoricalCrossentropy', () => {
  const labels = constant([2, 0], [2], 'int32');
  const logits = constant([1, 2, -1, 0.5, 0, 3], [2, 3]);

  it('equals categoricalCrossentropy on one-hot targets', async () => {
    const oneHot = constant([0, 0, 1, 1, 0, 0], [2, 3]);
    for (const predictions of [softmax(logits), constant([0.2, 0.3, 0.5, 0.1, 0.1, 0.8], [2, 3])]) {
      close(
        await valuesOf(sparseCategoricalCrossentropy(labels, predictions)),
        await valuesOf(categoricalCrossentropy(oneHot, predictions)),
        12,
      );
    }
  });

  it('has the gradient softmax(z) − onehot', async () => {
    const p = await valuesOf(softmax(logits));
    const expected = p.map((value, i) => value - (i === 2 || i === 3 ? 1 : 0));
    close(await gradientOf(sparseCategoricalCrossentropy(labels, softmax(logits)), logits), expected, 12);
  });

  it('refuses targets of the shape of the predictions', () => {
    expect(() => sparseCategoricalCrossentropy(input('y', [2, 3], 'int32'), logits)).toThrow(
      'use categoricalCrossentropy',
    );
  });
});

describe('binaryCrossentropy', () => {
  it('averages over the outputs of a sample', async () => {
    const loss = binaryCrossentropy(constant([1, 0], [1, 2]), constant([0.5, 0.25], [1, 2]));
    close(await valuesOf(loss), [-(Math.log(0.5) + Math.log(0.75)) / 2]);
  });

  it('is the same from logits, from sigmoid, and from plain probabilities', async () => {
    const targets = constant([1, 0, 0.3], [3, 1]);
    const logits = constant([2, -1, 0.5], [3, 1]);
    const fromLogits = await valuesOf(binaryCrossentropy(targets, logits, { fromLogits: true }));
    close(await valuesOf(binaryCrossentropy(targets, sigmoid(logits))), fromLogits, 12);
    const probabilities = constant(await valuesOf(sigmoid(logits)), [3, 1]);
    close(await valuesOf(binaryCrossentropy(targets, probabilities)), fromLogits, 6);
  });

  it('has the gradient sigmoid(z) − t, also at 0 and where sigmoid saturates', async () => {
    const logits = constant([0, 0, 200, -200], [4, 1]);
    const targets = constant([0, 1, 0, 1], [4, 1]);
    const loss = binaryCrossentropy(targets, sigmoid(logits));
    expect(await valuesOf(loss)).toEqual([Math.LN2, Math.LN2, 200, 200]);
    expect(await gradientOf(loss, logits)).toEqual([0.5, -0.5, 1, -1]);
  });

  it('refuses targets of another shape', () => {
    expect(() => binaryCrossentropy(input('y', [3]), input('p', [3, 1]))).toThrow('[3,1]; received [3]');
  });
});

describe('meanSquaredError', () => {
  it('averages over the last axis', async () => {
    const loss = meanSquaredError(constant([1, 2, 3, 4], [2, 2]), constant([1, 4, 3, 7], [2, 2]));
    expect(await valuesOf(loss)).toEqual([2, 4.5]);
  });
});

describe('gradients of the losses', () => {
  const LOSSES: [string, (t: Tensor, p: Tensor) => Tensor][] = [
    ['meanSquaredError', meanSquaredError],
    ['categoricalCrossentropy', categoricalCrossentropy],
    ['categoricalCrossentropy of softmax', (t, p) => categoricalCrossentropy(t, softmax(p))],
    ['binaryCrossentropy', binaryCrossentropy],
    ['binaryCrossentropy of sigmoid', (t, p) => binaryCrossentropy(t, sigmoid(p))],
  ];
  it.each(LOSSES)('%s agrees with differences', async (_name, loss) => {
    const random = seeded(31);
    const [t, p] = [input('t', [3, 4]), input('p', [3, 4])];
    const values = [0, 1].map(() => Float64Array.from({ length: 12 }, () => 0.1 + 0.8 * random()));
    await expectGradients(loss(t, p), [t, p], values, random);
  });
});
