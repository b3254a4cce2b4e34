import { describe, expect, it } from 'vitest';
import { leakyRelu, logSoftmax, relu, softmax, softmaxLogits, step } from '../../src/functional/index.ts';
import { constant, input, reshape } from '../../src/ops/index.ts';
import { expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describe('relu', () => {
  it('is max(x, 0), with gradient 0 at the kink', async () => {
    const x = constant([-2, 0, 3]);
    expect(await valuesOf(relu(x))).toEqual([0, 0, 3]);
    expect(await gradientOf(relu(x), x)).toEqual([0, 0, 1]);
  });

  it('passes NaN on', async () => {
    expect(await valuesOf(relu(constant([Number.NaN])))).toEqual([Number.NaN]);
  });
});

describe('leakyRelu', () => {
  it('keeps a part of what is negative; its gradient at 0 is the slope', async () => {
    const x = constant([-2, 0, 3]);
    expect(await valuesOf(leakyRelu(x, 0.25))).toEqual([-0.5, 0, 3]);
    expect(await gradientOf(leakyRelu(x, 0.25), x)).toEqual([0.25, 0.25, 1]);
  });

  it("has the slope of Keras' activation function by default", async () => {
    const [y] = await valuesOf(leakyRelu(constant([-1])));
    expect(y).toBeCloseTo(-0.2, 12);
  });
});

describe('step', () => {
  it('is 1 above 0 only, and has no gradient', async () => {
    const x = constant([-2, 0, 3, Number.NaN]);
    expect(await valuesOf(step(x))).toEqual([0, 0, 1, 0]);
    expect(await gradientOf(step(x), x)).toEqual([0, 0, 0, 0]);
  });
});

describe('softmax', () => {
  it('gives probabilities of each row', async () => {
    const y = await valuesOf(softmax(constant([0, Math.log(3), 7, 7], [2, 2])));
    expect(y.map((p) => Number(p.toFixed(6)))).toEqual([0.25, 0.75, 0.5, 0.5]);
  });

  it('does not overflow, nor does its logarithm', async () => {
    expect(await valuesOf(softmax(constant([1000, 0])))).toEqual([1, 0]);
    expect(await valuesOf(logSoftmax(constant([1000, 0])))).toEqual([0, -1000]);
  });

  it('works along another axis', async () => {
    const y = await valuesOf(softmax(constant([1, 5, 1, 5], [2, 2]), 0));
    expect(y).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it.each([softmax, logSoftmax])('has the gradient of its formula: %o', async (f) => {
    const random = seeded(3);
    const x = input('x', [3, 4]);
    const values = Float64Array.from({ length: 12 }, () => 4 * random() - 2);
    await expectGradients(f(x), [x], [values], random);
  });

  it('remembers its logits for the losses, along the last axis only', () => {
    const x = constant([1, 2, 3, 4], [2, 2]);
    expect(softmaxLogits(softmax(x))).toBe(x);
    expect(softmaxLogits(softmax(x, 0))).toBeUndefined();
    expect(softmaxLogits(reshape(softmax(x), [4]))).toBeUndefined();
  });
});
