import { describe, expect, it } from 'vitest';
import { constant, maximum, reshape, windowMax, windowMaxOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const POOL = { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] };

describeOp(windowMaxOp);

describe('windowMax: its own facts', () => {
  it('pools the lectures’ examples', async () => {
    const first = constant([1, 3, 1, 5, 4, 0, 3, 3, 6, 1, 5, 1, 1, 4, 0, 8], [1, 4, 4, 1]);
    expect(await valuesOf(windowMax(first, POOL))).toEqual([4, 5, 6, 8]);
    const second = constant([4, 6, 1, 1, 1, 3, 1, 3, 4, 0, 0, 8, 8, 5, 4, 0], [1, 4, 4, 1]);
    expect(await valuesOf(windowMax(second, POOL))).toEqual([6, 3, 8, 8]);
  });

  it('gives 80 for both positions of the lectures’ pattern: invariance to a shift', async () => {
    const all = { window: [1, 2, 2, 1], strides: [1, 1, 1, 1] };
    expect(await valuesOf(windowMax(constant([40, 0, 80, 0], [1, 2, 2, 1]), all))).toEqual([80]);
    expect(await valuesOf(windowMax(constant([40, 40, 40, 80], [1, 2, 2, 1]), all))).toEqual([80]);
  });

  it('leaves a quarter of the places with a gradient after 2×2, 6.25 % with stride 2 before it', async () => {
    const x = constant(
      Array.from({ length: 64 }, (_, i) => (i * 37) % 64),
      [1, 8, 8, 1],
    );
    const taken = (slopes: number[]) => slopes.filter((slope) => slope !== 0).length / slopes.length;
    expect(taken(await gradientOf(windowMax(x, POOL), x))).toBe(0.25);
    const strided = windowMax(x, { window: [1, 1, 1, 1], strides: [1, 2, 2, 1] });
    expect(taken(await gradientOf(windowMax(strided, POOL), x))).toBe(0.0625);
  });

  it('gives the gradient of a tie to the first maximum in row-major order', async () => {
    const x = constant([0, 7, 7, 7], [1, 2, 2, 1]);
    expect(await gradientOf(windowMax(x, POOL), x)).toEqual([0, 1, 0, 0]);
  });

  it('adds the gradients of overlapping windows', async () => {
    const x = constant([1, 9, 2]);
    expect(await gradientOf(windowMax(x, { window: [2], strides: [1] }), x)).toEqual([0, 2, 0]);
  });

  it('moves a ReLU behind the pooling without changing values or gradients', async () => {
    const x = constant([-1, -2, 3, 0, 0, -5, -0.5, 4, 4, 2, -3, -4, 0, 0, 0, 0], [1, 4, 4, 1]);
    const relu = maximum(x, 0);
    const moved = windowMax(relu, POOL);
    expect(moved.op.name).toBe('maximum');
    const plain = windowMax(reshape(reshape(relu, [16]), [1, 4, 4, 1]), POOL);
    expect(plain.op.name).toBe('windowMax');
    expect(await valuesOf(moved)).toEqual(await valuesOf(plain));
    expect(await gradientOf(moved, x)).toEqual(await gradientOf(plain, x));
  });

  it('keeps a NaN that comes first in its window and passes over a later one', async () => {
    const x = constant([Number.NaN, 1, 2, Number.NaN]);
    expect(await valuesOf(windowMax(x, { window: [2], strides: [2] }))).toEqual([Number.NaN, 2]);
  });

  it('refuses integers', () => {
    const x = constant([1, 2], [2], 'int32');
    expect(() => windowMax(x, { window: [2], strides: [1] })).toThrow('float32');
  });
});
