import { describe, expect, it } from 'vitest';
import { type Conv2dOptions, conv2d, windowsAlong } from '../../src/functional/index.ts';
import { constant, input } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { exact, expectGradients } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { naiveConv2d } from './naive.ts';

const CASES: {
  options: Conv2dOptions;
  image: [number, number];
  kernel: [number, number];
  shape: number[];
}[] = [
  { options: {}, image: [5, 6], kernel: [3, 2], shape: [2, 3, 5, 4] },
  { options: { padding: 'same' }, image: [5, 6], kernel: [3, 2], shape: [2, 5, 6, 4] },
  { options: { strides: 2 }, image: [6, 7], kernel: [3, 3], shape: [2, 2, 3, 4] },
  { options: { strides: [2, 3], padding: 'same' }, image: [7, 7], kernel: [3, 5], shape: [2, 4, 3, 4] },
  { options: { strides: 3, padding: 'same' }, image: [7, 4], kernel: [2, 1], shape: [2, 3, 2, 4] },
  { options: { dilation: 2 }, image: [6, 7], kernel: [3, 3], shape: [2, 2, 3, 4] },
  { options: { dilation: [1, 3], padding: 'same' }, image: [4, 6], kernel: [2, 3], shape: [2, 4, 6, 4] },
  { options: { groups: 2 }, image: [4, 5], kernel: [3, 3], shape: [2, 2, 3, 4] },
  { options: { groups: 4, padding: 'same', strides: 2 }, image: [5, 5], kernel: [3, 3], shape: [2, 3, 3, 4] },
];
const CHANNELS = 4;
const FILTERS = 4;

describe('conv2d', () => {
  it.each(CASES)(
    'equals its definition: $options on $image with $kernel',
    async ({ options, image, kernel, shape }) => {
      const random = seeded(17);
      const draw = (n: number) => Float64Array.from({ length: n }, () => Math.fround(2 * random() - 1));
      const xShape = [2, ...image, CHANNELS] as [number, number, number, number];
      const kShape = [...kernel, CHANNELS / (options.groups ?? 1), FILTERS] as [
        number,
        number,
        number,
        number,
      ];
      const [x, k] = [input('x', xShape), input('k', kShape)];
      const values = [draw(x.size), draw(k.size)];
      const y = conv2d(x, k, options);
      expect(y.shape).toEqual(shape);
      const [actual] = await evaluate(
        [y],
        new Map([
          [x, values[0]!],
          [k, values[1]!],
        ]),
        exact,
      );
      const expected = naiveConv2d(values[0]!, xShape, values[1]!, kShape, options);
      expect(actual!.length).toBe(expected.length);
      expected.forEach((value, i) => {
        expect(actual![i]).toBeCloseTo(value, 12);
      });
      await expectGradients(y, [x, k], values, random);
    },
  );

  it('refuses kernels larger than the image and channels that do not fit', () => {
    const x = constant(new Float32Array(2 * 2 * 3), [1, 2, 2, 3]);
    expect(() => conv2d(x, input('k', [3, 3, 3, 1]))).toThrow(
      "larger than the image [2,2]. Use padding 'same'",
    );
    expect(() => conv2d(x, input('k', [1, 1, 2, 1]))).toThrow('[KH,KW,C/groups,F]');
    expect(() => conv2d(x, input('k', [1, 1, 1, 4]), { groups: 3 })).toThrow('groups = 3');
  });
});

describe('windowsAlong', () => {
  it('pads more at the end where the padding is odd, as TensorFlow does', () => {
    expect(windowsAlong(5, 2, 1, 'same')).toEqual({ count: 5, low: 0, high: 1 });
    expect(windowsAlong(28, 5, 1, 'same')).toEqual({ count: 28, low: 2, high: 2 });
    expect(windowsAlong(7, 2, 3, 'same')).toEqual({ count: 3, low: 0, high: 1 });
  });

  it('pads nothing where the windows leave places out', () => {
    expect(windowsAlong(4, 1, 3, 'same')).toEqual({ count: 2, low: 0, high: 0 });
  });
});
