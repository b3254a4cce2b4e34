import { describe, expect, it } from 'vitest';
import {
  celu,
  elu,
  gelu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardTanh,
  logSigmoid,
  mish,
  power,
  relu6,
  selu,
  silu,
  softplus,
  softShrink,
  softsign,
  squareplus,
  tanhShrink,
} from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { constant, input } from '../../src/ops/index.ts';
import { expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const smooth: readonly (readonly [string, (x: Tensor) => Tensor])[] = [
  ['elu', elu],
  ['selu', selu],
  ['celu', (x) => celu(x, 2)],
  ['gelu', gelu],
  ['gelu, approximate', (x) => gelu(x, { approximate: true })],
  ['silu', silu],
  ['mish', mish],
  ['softplus', softplus],
  ['logSigmoid', logSigmoid],
  ['softsign', softsign],
  ['squareplus', squareplus],
  ['tanhShrink', tanhShrink],
  ['hardSilu', hardSilu],
  ['power 3', (x) => power(x, 3)],
  ['power −2', (x) => power(x, -2)],
];

describe('activation functions', () => {
  it.each(smooth)('%s has the gradient of its formula', async (_, f) => {
    const random = seeded(5);
    const x = input('x', [11]);
    const values = Float64Array.from({ length: 11 }, (_, i) => (i - 5.3) * 0.4);
    await expectGradients(f(x), [x], [values], random);
  });

  it.each([
    ['relu6', relu6, [0, 6], [0, 0]],
    ['hardSigmoid', hardSigmoid, [-3, 3], [0, 0]],
    ['hardTanh', hardTanh, [-1, 1], [0, 0]],
    ['hardShrink', hardShrink, [-0.5, 0.5], [0, 0]],
    ['softShrink', softShrink, [-0.5, 0.5], [0, 0]],
    ['softsign', softsign, [0], [1]],
    ['elu', elu, [0], [1]],
    ['elu 2', (x: Tensor) => elu(x, 2), [0], [2]],
    ['celu 2', (x: Tensor) => celu(x, 2), [0], [1]],
    ['softplus', softplus, [0], [0.5]],
    ['silu', silu, [0], [0.5]],
    ['gelu', gelu, [0], [0.5]],
  ] as const)('%s states its gradient at its kinks', async (_, f, at, expected) => {
    const x = constant([...at]);
    const gradient = await gradientOf(f(x), x);
    expect(gradient.map((g) => Math.round(g * 1e9) / 1e9)).toEqual(expected);
  });

  it.each(smooth.filter(([name]) => !name.startsWith('power')))('%s passes NaN on', async (_, f) => {
    expect(await valuesOf(f(constant([Number.NaN])))).toEqual([Number.NaN]);
  });

  it.each([
    ['softplus', softplus, [-1000, 1000], [0, 1000], [0, 1]],
    ['elu', elu, [-1000, 1000], [-1, 1000], [0, 1]],
    ['selu', selu, [1000], [1050.7009873554805], [1.0507009873554805]],
    ['logSigmoid', logSigmoid, [-1000, 1000], [-1000, 0], [1, 0]],
    ['mish', mish, [-1000, 1000], [0, 1000], [0, 1]],
    ['gelu', gelu, [-1000, 1000], [0, 1000], [0, 1]],
  ] as const)('%s stays finite far out, and so does its gradient', async (_, f, at, values, slopes) => {
    const x = constant([...at]);
    const actual = await valuesOf(f(x));
    values.forEach((value, i) => {
      expect(actual[i]).toBeCloseTo(value, 3);
    });
    const gradient = await gradientOf(f(x), x);
    slopes.forEach((slope, i) => {
      expect(gradient[i]).toBeCloseTo(slope, 6);
    });
  });

  it('softplus keeps small results', async () => {
    const [y] = await valuesOf(softplus(constant([-30])));
    expect(y! / Math.exp(-30)).toBeCloseTo(1, 9);
  });

  it('power is made of products for whole exponents, and NaN else for negative x', async () => {
    expect(await valuesOf(power(constant([-2, 3]), 5))).toEqual([-32, 243]);
    expect(await valuesOf(power(constant([4, 9]), 1.5))).toEqual([8, 27]);
    expect(await valuesOf(power(constant([4]), -0.5))).toEqual([0.5]);
    expect(await valuesOf(power(constant([7]), 0))).toEqual([1]);
    expect(await valuesOf(power(constant([-2]), 0.3))).toEqual([Number.NaN]);
    const [root] = await valuesOf(power(constant([27]), 1 / 3));
    expect(root).toBeCloseTo(3, 12);
  });
});
