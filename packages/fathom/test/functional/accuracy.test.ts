import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { gelu, softplus } from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { cos, erf, expm1, input, log1p, sin } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { backends } from '../support/backends.ts';
import { exact } from '../support/differences.ts';

const COUNT = 20_000;
const x = input('x', [COUNT]);

/** Most units in the last place that a result may be off, between `low` and `high`. */
const LIMITS: readonly (readonly [string, (x: Tensor) => Tensor, number, number, number])[] = [
  ['erf', erf, -4, 4, 3],
  ['erf near 0', erf, -1e-3, 1e-3, 1],
  ['log1p', log1p, -0.99, 10, 3],
  ['log1p near 0', log1p, -1e-4, 1e-4, 2],
  ['expm1', expm1, -5, 5, 5],
  ['expm1 near 0', expm1, -1e-3, 1e-3, 1],
  ['softplus', softplus, -20, 20, 6],
  ['gelu above −1', gelu, -1, 6, 6],
];

/** Distances from the exact value, in units in the last place of its size. */
function worst(actual: ArrayLike<number>, expected: ArrayLike<number>, least = 0): number {
  let most = 0;
  for (let i = 0; i < actual.length; i++) {
    const size = Math.max(Math.abs(expected[i]!), least, 2 ** -126);
    const unit = 2 ** (Math.floor(Math.log2(size)) - 23);
    most = Math.max(most, Math.abs(actual[i]! - expected[i]!) / unit);
  }
  return most;
}

const spread = (low: number, high: number) =>
  Float32Array.from({ length: COUNT }, (_, i) => low + ((high - low) * (i + 0.5)) / COUNT);

describe.each(backends.filter(({ missing, name }) => missing === undefined && name !== 'reference'))(
  'float32 on $name',
  ({ make }) => {
    let backend: Promise<Backend> | undefined;
    const instance = () => (backend ??= make(1));
    afterAll(async () => {
      await (await backend)?.dispose();
    });

    it.each(LIMITS)('%s is right to a few units in the last place', async (_, f, low, high, limit) => {
      const feeds = new Map([[x, spread(low, high)]]);
      const [expected] = await evaluate([f(x)], feeds, exact);
      const [actual] = await evaluate([f(x)], feeds, await instance());
      expect(worst(actual!, expected!)).toBeLessThanOrEqual(limit);
    });

    it.each([
      ['sin', sin],
      ['cos', cos],
    ] as const)('%s is, relative to 1, over many turns', async (_, f) => {
      const feeds = new Map([[x, spread(-5000, 5000)]]);
      const [expected] = await evaluate([f(x)], feeds, exact);
      const [actual] = await evaluate([f(x)], feeds, await instance());
      expect(worst(actual!, expected!, 1)).toBeLessThanOrEqual(4);
    });
  },
);
