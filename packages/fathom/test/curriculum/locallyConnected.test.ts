import { describe, expect, it } from 'vitest';
import {
  averagePooling2d,
  conv2d,
  dense,
  flatten,
  locallyConnected2d,
  maxPooling2d,
  zeroPadding2d,
} from '../../src/nn/layers/index.ts';
import { sequential } from '../../src/train/index.ts';

/** One row and column more, so that detectors of 5×5 stand at 25×25 places four apart. */
const grid = () =>
  zeroPadding2d({
    padding: [
      [0, 1],
      [0, 1],
    ],
    inputShape: [100, 100, 1],
  });

describe('parameters of a network on a 100×100 image', () => {
  it('localized detectors, 4 maps pooled to 100: 25·25·(25 + 1)·4 + 101·3 = 65,303', () => {
    const model = sequential([
      grid(),
      locallyConnected2d({ filters: 4, kernelSize: 5, strides: 4, activation: 'relu' }),
      maxPooling2d({ poolSize: 5 }),
      flatten(),
      dense({ units: 3, activation: 'softmax' }),
    ]);
    expect(model.layers.map(({ outputShape }) => outputShape)).toEqual([
      [101, 101, 1],
      [25, 25, 4],
      [5, 5, 4],
      [100],
      [3],
    ]);
    expect(model.countParams()).toBe(65_303);
    expect(model.countParams()).toBe(25 * 25 * (25 + 1) * 4 + 101 * 3);
  });

  it('one map: 25·25·26 + 101·3 = 16,553', () => {
    const model = sequential([
      grid(),
      locallyConnected2d({ filters: 1, kernelSize: 5, strides: 4, activation: 'relu' }),
      averagePooling2d({ poolSize: 7, strides: 2 }),
      flatten(),
      dense({ units: 3, activation: 'softmax' }),
    ]);
    expect(model.layers[3]!.outputShape).toEqual([100]);
    expect(model.countParams()).toBe(16_553);
    expect(model.countParams()).toBe(25 * 25 * 26 + 101 * 3);
  });

  it('all units connected: 1,000,403', () => {
    const model = sequential([
      flatten({ inputShape: [100, 100, 1] }),
      dense({ units: 100, activation: 'relu' }),
      dense({ units: 3, activation: 'softmax' }),
    ]);
    expect(model.countParams()).toBe(1_000_403);
  });

  it('shared weights need 26 for a map, wherever it looks', () => {
    const count = (side: number) =>
      sequential([
        conv2d({ filters: 1, kernelSize: 5, strides: 4, inputShape: [side, side, 1] }),
      ]).countParams();
    expect(count(101)).toBe(26);
    expect(count(1001)).toBe(26);
  });
});

describe('translation', () => {
  const SIDE = 9;
  /** A bright spot in an otherwise dark picture. */
  const spot = (at: number) => {
    const data = new Float32Array(SIDE * SIDE);
    data[at * SIDE + at] = 1;
    return { data, shape: [1, SIDE, SIDE, 1] };
  };

  it('moves what shared weights see, and changes what local ones see', async () => {
    const seen = async (layer: ReturnType<typeof conv2d> | ReturnType<typeof locallyConnected2d>) => {
      const model = sequential([layer], { seed: 7 });
      const [first, second] = [await model.predict(spot(3)), await model.predict(spot(5))];
      const side = SIDE - 2;
      // What the picture shifted by (2, 2) shows at (i + 2, j + 2), against the first one at (i, j).
      const differences = [1, 2, 3].map((i) =>
        Math.abs(first.data[i * side + i]! - second.data[(i + 2) * side + i + 2]!),
      );
      return Math.max(...differences);
    };
    expect(await seen(conv2d({ filters: 1, kernelSize: 3, inputShape: [SIDE, SIDE, 1] }))).toBe(0);
    expect(
      await seen(locallyConnected2d({ filters: 1, kernelSize: 3, inputShape: [SIDE, SIDE, 1] })),
    ).toBeGreaterThan(0.01);
  });
});
