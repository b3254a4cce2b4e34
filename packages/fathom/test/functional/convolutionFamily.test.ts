import { describe, expect, it } from 'vitest';
import {
  batchDot,
  conv1d,
  conv2d,
  conv2dTranspose,
  conv3d,
  depthwiseConv2d,
  locallyConnected1d,
  locallyConnected2d,
  reachAlong,
  windowsAlong,
} from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { concat, constant, input, multiply, ones, reshape, slice, sum } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { exact, expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const draw = (seed: number, shape: readonly number[]): Tensor => {
  const random = seeded(seed);
  const size = shape.reduce((product, n) => product * n, 1);
  return constant(
    Float32Array.from({ length: size }, () => 2 * random() - 1),
    shape,
  );
};

async function expectEqual(a: Tensor, b: Tensor): Promise<void> {
  expect(a.shape).toEqual(b.shape);
  const [x, y] = await evaluate([a, b], undefined, exact);
  x!.forEach((value, i) => {
    expect(value).toBeCloseTo(y![i]!, 12);
  });
}

/** Gradients with respect to inputs of the given shapes against differences. */
async function expectRightGradients(
  f: (...xs: Tensor[]) => Tensor,
  ...shapes: (readonly number[])[]
): Promise<void> {
  const random = seeded(31);
  const inputs = shapes.map((shape, i) => input(`x${i}`, shape));
  const values = inputs.map(({ size }) => Float64Array.from({ length: size }, () => 2 * random() - 1));
  await expectGradients(f(...inputs), inputs, values, random);
}

describe('conv1d', () => {
  it('is conv2d on pictures of one row', async () => {
    const [x, k] = [draw(1, [2, 9, 4]), draw(2, [3, 2, 6])];
    for (const options of [{}, { padding: 'same', strides: 2 }, { dilation: 2 }, { groups: 2 }] as const) {
      const { strides = 1, dilation = 1 } = { strides: 1, dilation: 1, ...options };
      const groups = 2;
      const y = conv1d(x, k, { ...options, groups });
      const rows = conv2d(reshape(x, [2, 1, 9, 4]), reshape(k, [1, 3, 2, 6]), {
        ...options,
        groups,
        strides: [1, strides],
        dilation: [1, dilation],
      });
      await expectEqual(y, reshape(rows, y.shape));
    }
  });

  it('sees nothing of what comes later, with padding causal', async () => {
    const [x, k] = [draw(3, [1, 8, 2]), draw(4, [3, 2, 2])];
    const y = conv1d(x, k, { padding: 'causal', dilation: 2 });
    expect(y.shape).toEqual([1, 8, 2]);
    for (let t = 0; t < 8; t++) {
      const seen = await gradientOf(slice(y, [0, t, 0], [1, 1, 2]), x);
      const steps = Array.from({ length: 8 }, (_, s) => seen[2 * s] !== 0);
      expect(steps).toEqual(Array.from({ length: 8 }, (_, s) => [t, t - 2, t - 4].includes(s)));
    }
    expect(windowsAlong(7, 3, 2, 'causal', 2)).toEqual({ count: 4, low: 4, high: 0 });
  });

  it('has right gradients', async () => {
    await expectRightGradients(
      (x, k) => conv1d(x, k, { padding: 'causal', strides: 2 }),
      [2, 7, 2],
      [3, 2, 3],
    );
  });

  it('names what does not fit', () => {
    expect(() => conv1d(ones([2, 5, 3]), ones([3, 2, 4]))).toThrow(
      'expected x [B,T,C] and a kernel [KT,C/groups,F]',
    );
    expect(() => conv1d(ones([2, 5, 3]), ones([6, 3, 4]))).toThrow('larger than the image [5]');
    expect(() => conv1d(ones([2, 5, 3]), ones([3, 3, 4]), { strides: [1, 2] as never })).toThrow(
      'conv1d: strides: expected one number or 1',
    );
  });
});

describe('conv3d', () => {
  it('sums conv2d over the depth of the kernel', async () => {
    const [x, k] = [draw(5, [2, 4, 5, 6, 3]), draw(6, [2, 3, 2, 3, 4])];
    const y = conv3d(x, k);
    expect(y.shape).toEqual([2, 3, 3, 5, 4]);
    const plane = (t: Tensor, d: number, rest: readonly number[]) =>
      reshape(
        slice(
          t,
          [...t.shape].map((_, axis) => (axis === t.rank - 4 ? d : 0)),
          rest,
        ),
        rest.filter((_, axis) => axis !== t.rank - 4),
      );
    const layers = [0, 1, 2].map((d) =>
      [0, 1].map((q) =>
        conv2d(
          plane(x, d + q, [2, 1, 5, 6, 3]),
          reshape(slice(k, [q, 0, 0, 0, 0], [1, 3, 2, 3, 4]), [3, 2, 3, 4]),
        ),
      ),
    );
    const expected = layers.map(([a, b]) =>
      reshape(concat([reshape(a!, [1, ...a!.shape]), reshape(b!, [1, ...b!.shape])], 0), [2, 2, 1, 3, 5, 4]),
    );
    await expectEqual(
      y,
      concat(
        expected.map((pair) => sum(pair, 0)),
        1,
      ),
    );
  });

  it('has right gradients', async () => {
    await expectRightGradients(
      (x, k) => conv3d(x, k, { padding: 'same', strides: [1, 2, 1] }),
      [1, 3, 4, 3, 2],
      [2, 2, 3, 2, 2],
    );
  });
});

describe('depthwiseConv2d', () => {
  it('convolves each channel alone', async () => {
    const [x, k] = [draw(7, [2, 6, 5, 3]), draw(8, [3, 2, 3, 2])];
    const each = [0, 1, 2].map((c) =>
      conv2d(
        slice(x, [0, 0, 0, c], [2, 6, 5, 1]),
        reshape(slice(k, [0, 0, c, 0], [3, 2, 1, 2]), [3, 2, 1, 2]),
        {
          padding: 'same',
        },
      ),
    );
    await expectEqual(depthwiseConv2d(x, k, { padding: 'same' }), concat(each, 3));
  });

  it('has right gradients', async () => {
    await expectRightGradients((x, k) => depthwiseConv2d(x, k, { strides: 2 }), [1, 5, 6, 2], [3, 2, 2, 2]);
    await expectRightGradients(
      (x, k) => depthwiseConv2d(x, k, { padding: 'same' }),
      [1, 4, 5, 3],
      [3, 3, 3, 1],
    );
  });

  it('wants a kernel for each channel', () => {
    expect(() => depthwiseConv2d(ones([1, 5, 5, 3]), ones([3, 3, 2, 1]))).toThrow('[KH,KW,C,M]');
  });
});

describe('conv2dTranspose', () => {
  it.each([
    { x: [2, 8, 6, 3], strides: 2, padding: 'same', field: [4, 4], dilation: 1 },
    { x: [2, 9, 7, 3], strides: 2, padding: 'valid', field: [3, 3], dilation: 1 },
    { x: [1, 6, 5, 2], strides: 1, padding: 'same', field: [3, 2], dilation: 2 },
    { x: [1, 9, 7, 2], strides: 3, padding: 'valid', field: [1, 4], dilation: 1 },
  ] as const)(
    'is the adjoint of conv2d: $strides $padding $field',
    async ({ x, strides, padding, field, dilation }) => {
      const [a, k] = [draw(9, x), draw(10, [...field, x[3], 4])];
      const forward = conv2d(a, k, { strides, padding, dilation });
      const b = draw(11, forward.shape);
      const back = conv2dTranspose(b, k, { strides, padding, dilation });
      expect(back.shape).toEqual(x);
      const [left] = await valuesOf(sum(multiply(forward, b)));
      const [right] = await valuesOf(sum(multiply(a, back)));
      expect(left).toBeCloseTo(right!, 10);
    },
  );

  it('has the extents that Keras gives it', () => {
    expect(reachAlong(4, 3, 2, 'valid', 1, undefined).count).toBe(9);
    expect(reachAlong(4, 2, 3, 'valid', 1, undefined).count).toBe(12);
    expect(reachAlong(4, 3, 2, 'same', 1, undefined).count).toBe(8);
    expect(reachAlong(4, 5, 3, 'same', 1, 2).count).toBe(12);
  });

  it('has right gradients', async () => {
    await expectRightGradients(
      (x, k) => conv2dTranspose(x, k, { strides: 2, padding: 'same' }),
      [1, 3, 4, 2],
      [3, 4, 2, 2],
    );
    await expectRightGradients(
      (x, k) => conv2dTranspose(x, k, { strides: [3, 2], outputPadding: 1 }),
      [1, 2, 3, 2],
      [2, 2, 3, 2],
    );
  });

  it('names what does not fit', () => {
    expect(() => conv2dTranspose(ones([1, 3, 3, 4]), ones([3, 3, 4, 2]))).toThrow(
      'names its results before its channels',
    );
    expect(() =>
      conv2dTranspose(ones([1, 3, 3, 4]), ones([3, 3, 2, 4]), { strides: 2, outputPadding: 2 }),
    ).toThrow('outputPadding below the strides [2,2]; received [2,2]');
  });
});

describe('locally connected functions', () => {
  it('are convolutions where all places have the same kernels', async () => {
    const [x, k] = [draw(12, [2, 6, 5, 2]), draw(13, [3, 2, 2, 4])];
    const shared = reshape(k, [1, 12, 4]);
    const everywhere = concat(new Array<Tensor>(8).fill(shared), 0);
    await expectEqual(
      locallyConnected2d(x, everywhere, { kernelSize: [3, 2], strides: [2, 1] }),
      conv2d(x, k, { strides: [2, 1] }),
    );
  });

  it('have right gradients', async () => {
    await expectRightGradients(
      (x, k) => locallyConnected1d(x, k, { kernelSize: 3, strides: 2 }),
      [2, 7, 2],
      [3, 6, 3],
    );
    await expectRightGradients(
      (x, k) => locallyConnected2d(x, k, { kernelSize: 2 }),
      [2, 3, 4, 2],
      [6, 8, 2],
    );
  });

  it('say which kernel they want', () => {
    expect(() => locallyConnected2d(ones([1, 5, 5, 1]), ones([4, 9, 2]), { kernelSize: 3 })).toThrow(
      'expected a kernel [9,9,F] for x [1,5,5,1] and windows [3,3]; received [4,9,2]',
    );
    expect(() => locallyConnected1d(ones([5, 5]), ones([3, 15, 2]), { kernelSize: 3 })).toThrow('[B,T,C]');
  });
});

describe('batchDot', () => {
  it('multiplies matrices of a batch', async () => {
    const [a, b] = [constant([1, 2, 3, 4], [1, 2, 2]), constant([5, 6, 7, 8], [1, 2, 2])];
    expect(await valuesOf(batchDot(a, b, [2, 1]))).toEqual([19, 22, 43, 50]);
    expect(await valuesOf(batchDot(a, b, [1, 1]))).toEqual([26, 30, 38, 44]);
  });

  it('gives cosines, and 0 for a vector without direction', async () => {
    const [a, b] = [constant([3, 4, 0, 0], [2, 2]), constant([4, 3, 1, 1], [2, 2])];
    const [first, second] = await valuesOf(batchDot(a, b, [1, 1], { normalize: true }));
    expect(first).toBeCloseTo(24 / 25, 6);
    expect(second).toBe(0);
  });

  it('has right gradients', async () => {
    await expectRightGradients((x, z) => batchDot(x, z, [1, 2], { normalize: true }), [2, 3, 4], [2, 2, 3]);
  });

  it('wants one extent along both axes, and not the batch', () => {
    expect(() => batchDot(ones([2, 3]), ones([2, 4]), [1, 1])).toThrow('received [2,3] and [2,4]');
    expect(() => batchDot(ones([2, 3]), ones([2, 3]), [0, 0])).toThrow('neither being 0');
  });
});
