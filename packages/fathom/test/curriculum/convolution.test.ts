import { describe, expect, it } from 'vitest';
import { averagePool2d, type Conv2dOptions, conv2d, maxPool2d, relu } from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { conv2d as conv2dLayer, maxPooling2d } from '../../src/nn/layers/index.ts';
import { constant, negative, ones } from '../../src/ops/index.ts';
import { sequential } from '../../src/train/index.ts';
import { seeded } from '../support/random.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

/** Rows of numbers, as the lectures print them: `1 2 / 3 4`. */
function image(text: string): Tensor {
  const rows = text.split('/').map((row) => row.trim().split(/\s+/).map(Number));
  return constant(rows.flat(), [1, rows.length, rows[0]!.length, 1]);
}

function kernel(text: string): Tensor {
  const { shape, attrs } = image(text);
  return constant((attrs as { values: Float32Array }).values, [shape[1]!, shape[2]!, 1, 1]);
}

/** The result of a single channel, printed in the same way. */
async function printed(y: Tensor): Promise<string> {
  const values = (await valuesOf(y)).map((value) => Number(value.toFixed(4)));
  const [, rows, columns] = y.shape as [number, number, number];
  return Array.from({ length: rows }, (_, i) => values.slice(i * columns, (i + 1) * columns).join(' ')).join(
    ' / ',
  );
}

const convolve = (x: string, k: string, options?: Conv2dOptions) =>
  printed(conv2d(image(x), kernel(k), options));

describe('convolution', () => {
  const IMAGE = '10 2 4 1 1 / 0 4 0 2 2 / 1 8 16 0 0 / 8 1 1 0 0 / 0 0 2 6 1';

  it('of the 5×5 example is 82 68 46 / 45 24 26 / 63 65 51', async () => {
    expect(await convolve(IMAGE, '2 2 2 / 1 0 1 / 2 2 2')).toBe('82 68 46 / 45 24 26 / 63 65 51');
  });

  it('finds a pattern: 2.3, and −2.3 for its negative', async () => {
    const patch = image('0.6 0.2 0.6 / 0.1 -0.2 -0.3 / -0.5 -0.1 -0.3');
    const edge = kernel('1 1 1 / 0 0 0 / -1 -1 -1');
    expect(await printed(conv2d(patch, edge))).toBe('2.3');
    expect(await printed(conv2d(negative(patch), edge))).toBe('-2.3');
  });

  it('of 2 5 3 / 2 4 3 / 5 4 2 with 1 0 −1 in each row is 1', async () => {
    expect(await convolve('2 5 3 / 2 4 3 / 5 4 2', '1 0 -1 / 1 0 -1 / 1 0 -1')).toBe('1');
  });

  it('with stride 2 keeps every second place of both axes', async () => {
    expect(await convolve(IMAGE, '2 2 2 / 1 0 1 / 2 2 2', { strides: 2 })).toBe('82 46 / 63 51');
  });

  it('makes 4×4 of 5×5 with 2×2, and 3×3 with 3×3', () => {
    expect(conv2d(image(IMAGE), ones([2, 2, 1, 1])).shape).toEqual([1, 4, 4, 1]);
    expect(conv2d(image(IMAGE), ones([3, 3, 1, 1])).shape).toEqual([1, 3, 3, 1]);
  });

  it('sharpens and finds edges', async () => {
    const dot = '0 0 0 / 0 2 0 / 0 0 0';
    const same: Conv2dOptions = { padding: 'same' };
    expect(await convolve(dot, '0 -1 0 / -1 5 -1 / 0 -1 0', same)).toBe('0 -2 0 / -2 10 -2 / 0 -2 0');
    expect(await convolve(dot, '0 1 0 / 1 -4 1 / 0 1 0', same)).toBe('0 2 0 / 2 -8 2 / 0 2 0');
    // A flat picture has no edge; a step from 0 to 1 has a strong one.
    expect(await convolve('3 3 3 / 3 3 3 / 3 3 3', '-1 -2 -1 / 0 0 0 / 1 2 1')).toBe('0');
    expect(await convolve('0 0 0 / 0 0 0 / 1 1 1', '-1 -2 -1 / 0 0 0 / 1 2 1')).toBe('4');
  });

  it('is equivariant under translation; max pooling makes invariance of it', async () => {
    const k = '2 0 / 0 2';
    const [left, right] = ['20 0 0 / 20 0 0 / 20 20 0', '0 20 0 / 0 20 0 / 0 20 20'];
    expect(await convolve(left, k)).toBe('40 0 / 80 0');
    expect(await convolve(right, k)).toBe('40 40 / 40 80');
    for (const picture of [left, right]) {
      expect(await printed(maxPool2d(conv2d(image(picture), kernel(k))))).toBe('80');
    }
  });
});

describe('output sizes', () => {
  it('224×224×3 with 32 kernels 3×3×3 → 222×222×32', () => {
    const model = sequential([conv2dLayer({ filters: 32, kernelSize: 3, inputShape: [224, 224, 3] })]);
    expect(model.outputShape).toEqual([222, 222, 32]);
    // A learnable kernel has its weights and one bias.
    expect(model.countParams()).toBe(32 * (3 * 3 * 3 + 1));
  });

  it.each([
    [5, 3, 1],
    [28, 5, 1],
    [28, 5, 2],
    [7, 2, 3],
    [224, 11, 4],
  ])('are ⌊(n + 2p − f)/s + 1⌋: n = %i, f = %i, s = %i', (n, f, s) => {
    const model = sequential([conv2dLayer({ filters: 1, kernelSize: f, strides: s, inputShape: [n, n, 1] })]);
    const size = Math.floor((n - f) / s + 1);
    expect(model.outputShape).toEqual([size, size, 1]);
  });
});

describe('padding', () => {
  /** By how many windows each place is seen: the gradient of the sum of a convolution with ones. */
  const seen = async (padding: 'valid' | 'same') => {
    const x = constant(new Float32Array(25), [1, 5, 5, 1]);
    const counts = await gradientOf(conv2d(x, ones([3, 3, 1, 1]), { padding }), x);
    return { corner: counts[0], centre: counts[12] };
  };

  it('lets the corner be seen by 4 windows instead of 1; the centre is seen by 9 both times', async () => {
    expect(await seen('valid')).toEqual({ corner: 1, centre: 9 });
    expect(await seen('same')).toEqual({ corner: 4, centre: 9 });
  });
});

describe('pooling', () => {
  it('of 1 3 1 5 / 4 0 3 3 / 6 1 5 1 / 1 4 0 8: average 2 3 / 3 3.5, max 4 5 / 6 8', async () => {
    const x = image('1 3 1 5 / 4 0 3 3 / 6 1 5 1 / 1 4 0 8');
    expect(await printed(averagePool2d(x))).toBe('2 3 / 3 3.5');
    expect(await printed(maxPool2d(x))).toBe('4 5 / 6 8');
  });

  it('of 4 6 1 1 / 1 3 1 3 / 4 0 0 8 / 8 5 4 0: max 6 3 / 8 8', async () => {
    expect(await printed(maxPool2d(image('4 6 1 1 / 1 3 1 3 / 4 0 0 8 / 8 5 4 0')))).toBe('6 3 / 8 8');
  });

  it('and stride 2 together leave a gradient at 6.25 % of the places, and fewer behind ReLU', async () => {
    const random = seeded(8);
    // Feature maps before stride 2: of 32×32 places 16×16 stay, and of these pooling chooses 8×8.
    const maps = constant(
      Float32Array.from({ length: 1024 }, () => 2 * random() - 1),
      [1, 32, 32, 1],
    );
    const strided = (x: Tensor) => conv2d(x, ones([1, 1, 1, 1]), { strides: 2 });
    const share = async (y: Tensor) => {
      const gradient = await gradientOf(y, maps);
      return gradient.filter((value) => value !== 0).length / gradient.length;
    };
    expect(await share(maxPool2d(strided(maps)))).toBe(0.0625);
    expect(await share(maxPool2d(relu(strided(maps))))).toBeLessThan(0.0625);
  });

  it('has no parameters', () => {
    expect(sequential([maxPooling2d({ inputShape: [4, 4, 1] })]).countParams()).toBe(0);
  });
});

describe('locally connected detectors against shared weights', () => {
  it('5×5 at 25×25 places, 4 maps, pooled to 100, dense 3: 65,303; one map 16,553', () => {
    // A convolution shares its kernel: what a place alone would need, every place has.
    const shared = sequential([
      conv2dLayer({ filters: 1, kernelSize: 5, strides: 4, padding: 'same', inputShape: [100, 100, 1] }),
    ]);
    expect(shared.outputShape).toEqual([25, 25, 1]);
    expect(shared.countParams()).toBe(26);
    const head = 101 * 3;
    expect(25 * 25 * shared.countParams() * 4 + head).toBe(65_303);
    expect(25 * 25 * shared.countParams() + head).toBe(16_553);
  });
});
