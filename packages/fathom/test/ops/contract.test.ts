import { describe, expect, it } from 'vitest';
import { print } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { constant, contract, contractOp, input } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { expectGradients } from '../support/differences.ts';
import { integer, type Random, seeded } from '../support/random.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(contractOp);

/** y[i,j] = Σ x[s·i + k, s·j + l]·w[k,l]: a convolution of one channel, without padding. */
function convolve(x: Tensor, w: Tensor, stride = 1): Tensor {
  const [n, m] = x.shape as [number, number];
  const [f, g] = w.shape as [number, number];
  const slide = (extent: number, window: number) => Math.floor((extent - window) / stride) + 1;
  return contract(x, w, {
    axes: [
      { name: 'i', size: slide(n, f) },
      { name: 'j', size: slide(m, g) },
      { name: 'k', size: f },
      { name: 'l', size: g },
    ],
    a: [
      [
        [0, stride],
        [2, 1],
      ],
      [
        [1, stride],
        [3, 1],
      ],
    ],
    b: [[[2, 1]], [[3, 1]]],
    out: [[[0, 1]], [[1, 1]]],
  });
}

const square = (rows: string, columns: number) => {
  const values = rows.split(/[\s/]+/).map(Number);
  return constant(values, [values.length / columns, columns]);
};

describe('contract: the lectures’ convolutions', () => {
  it('5×5 with 3×3', async () => {
    const image = square('10 2 4 1 1 / 0 4 0 2 2 / 1 8 16 0 0 / 8 1 1 0 0 / 0 0 2 6 1', 5);
    const kernel = square('2 2 2 / 1 0 1 / 2 2 2', 3);
    expect(await valuesOf(convolve(image, kernel))).toEqual([82, 68, 46, 45, 24, 26, 63, 65, 51]);
  });

  it('a patch, and the patch negated', async () => {
    const kernel = square('1 1 1 / 0 0 0 / -1 -1 -1', 3);
    const [bright] = await valuesOf(
      convolve(square('0.6 0.2 0.6 / 0.1 -0.2 -0.3 / -0.5 -0.1 -0.3', 3), kernel),
    );
    const [dark] = await valuesOf(convolve(square('-0.6 -0.2 -0.6 / -0.1 0.2 0.3 / 0.5 0.1 0.3', 3), kernel));
    expect(bright).toBeCloseTo(2.3, 6);
    expect(dark).toBeCloseTo(-2.3, 6);
  });

  it('a vertical edge', async () => {
    const kernel = square('1 0 -1 / 1 0 -1 / 1 0 -1', 3);
    expect(await valuesOf(convolve(square('2 5 3 / 2 4 3 / 5 4 2', 3), kernel))).toEqual([1]);
  });

  it('a pattern and the pattern shifted: translation equivariance', async () => {
    const kernel = square('2 0 / 0 2', 2);
    expect(await valuesOf(convolve(square('20 0 0 / 20 0 0 / 20 20 0', 3), kernel))).toEqual([40, 0, 80, 0]);
    expect(await valuesOf(convolve(square('0 20 0 / 0 20 0 / 0 20 20', 3), kernel))).toEqual([
      40, 40, 40, 80,
    ]);
  });

  it('sizes: ⌊(n − f) / s⌋ + 1', () => {
    expect(convolve(input('x', [5, 5]), input('w', [2, 2])).shape).toEqual([4, 4]);
    expect(convolve(input('x', [5, 5]), input('w', [3, 3])).shape).toEqual([3, 3]);
    expect(convolve(input('x', [224, 224]), input('w', [3, 3])).shape).toEqual([222, 222]);
    expect(convolve(input('x', [7, 8]), input('w', [3, 3]), 2).shape).toEqual([3, 3]);
  });
});

describe('contract: its own facts', () => {
  it('leaves places that no point of the space reaches at 0', async () => {
    const [a, b] = [constant([1, 2]), constant([1, 1])];
    const spread = contract(a, b, {
      axes: [{ name: 'i', size: 2 }],
      a: [[[0, 1]]],
      b: [[[0, 1]]],
      out: [[[0, 3]]],
      shape: [6],
    });
    expect(await valuesOf(spread)).toEqual([1, 0, 0, 2, 0, 0]);
    expect(await gradientOf(spread, a)).toEqual([1, 1]);
  });

  it('reads one operand at a fixed place: a product with a scalar', async () => {
    const scaled = contract(constant([1, 2, 3]), constant([5], []), {
      axes: [{ name: 'i', size: 3 }],
      a: [[[0, 1]]],
      b: [],
      out: [[[0, 1]]],
    });
    expect(await valuesOf(scaled)).toEqual([5, 10, 15]);
  });

  it('prints its formula', () => {
    const y = convolve(input('x', [5, 5]), input('w', [2, 2]), 3);
    expect(print([y])).toMatchInlineSnapshot(`
      "%0 = input() {"name":"x","shape":[5,5],"dtype":"float32"} : float32[5,5]
      %1 = input() {"name":"w","shape":[2,2],"dtype":"float32"} : float32[2,2]
      %2 = contract(%0, %1) {[i, j] += a[3*i+k, 3*j+l] * b[k, l] over i:2 j:2 k:2 l:2} : float32[2,2]
      return %2"
    `);
  });

  it('has right gradients for random affine spaces: strides, dilations, groups, gaps and overlaps', async () => {
    const random = seeded(5);
    for (let i = 0; i < 40; i++) {
      const { a, b, y } = randomContraction(random);
      const values = [a, b].map((x) => Float64Array.from({ length: x.size }, () => 2 * random() - 1));
      await expectGradients(y, [a, b], values, random);
    }
  });
});

/** Three to five axes; every dimension of each operand is a sum of up to two of them with coefficients up to 3. */
function randomContraction(random: Random): { a: Tensor; b: Tensor; y: Tensor } {
  const axes = Array.from({ length: integer(random, 3, 5) }, (_, i) => ({
    name: `i${i}`,
    size: integer(random, 1, 4),
  }));
  const map = () =>
    Array.from({ length: integer(random, 1, 3) }, () => {
      const first = integer(random, 0, axes.length - 1);
      const second = integer(random, 0, axes.length - 1);
      const terms: [number, number][] = [[first, integer(random, 1, 3)]];
      if (second !== first) terms.push([second, integer(random, 1, 2)]);
      return terms;
    });
  const shapeOf = (terms: ReturnType<typeof map>) =>
    terms.map((sum) =>
      sum.reduce((extent, [axis, c]) => extent + c * (axes[axis]!.size - 1), 1 + integer(random, 0, 1)),
    );
  const [ma, mb, out] = [map(), map(), map()];
  const [a, b] = [input('a', shapeOf(ma)), input('b', shapeOf(mb))];
  return { a, b, y: contract(a, b, { axes, a: ma, b: mb, out, shape: shapeOf(out) }) };
}
