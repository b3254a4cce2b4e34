import { describe, expect, it } from 'vitest';
import { dropout } from '../../src/functional/index.ts';
import { constant, input, ones } from '../../src/ops/index.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const key = (a: number, b: number) => constant([a, b], [2], 'int32');

describe('dropout', () => {
  it('drops the given share, and scales what stays', async () => {
    const y = await valuesOf(dropout(ones([20_000]), 0.25, key(1, 2)));
    const dropped = y.filter((value) => value === 0).length;
    // Five deviations: √(n·p·q) = 61.
    expect(Math.abs(dropped - 5000)).toBeLessThan(306);
    for (const value of y) if (value !== 0) expect(value).toBeCloseTo(4 / 3, 12);
  });

  it('is decided by the key', async () => {
    const run = (k: ReturnType<typeof key>) => valuesOf(dropout(ones([64]), 0.5, k));
    expect(await run(key(1, 2))).toEqual(await run(key(1, 2)));
    expect(await run(key(1, 2))).not.toEqual(await run(key(1, 3)));
    expect(await run(key(1, 2))).not.toEqual(await run(key(2, 2)));
  });

  it('has the mask as gradient', async () => {
    const x = constant(new Float32Array(32).fill(3));
    const y = dropout(x, 0.5, key(5, 6));
    expect(await gradientOf(y, x)).toEqual((await valuesOf(y)).map((value) => value / 3));
  });

  it('does nothing at rate 0, drops everything at rate 1, and refuses others', async () => {
    const x = input('x', [3]);
    expect(dropout(x, 0, key(0, 0))).toBe(x);
    expect(await valuesOf(dropout(ones([3]), 1, key(0, 0)))).toEqual([0, 0, 0]);
    expect(() => dropout(x, 1.5, key(0, 0))).toThrow('received 1.5');
    expect(() => dropout(x, Number.NaN, key(0, 0))).toThrow('rate');
  });

  it('drops what is infinite or NaN as well', async () => {
    const x = constant(new Float32Array(64).fill(Number.NaN));
    expect(await valuesOf(dropout(x, 0.5, key(1, 1)))).toContain(0);
  });
});
