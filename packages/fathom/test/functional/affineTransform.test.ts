import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { affineTransform, type FillMode } from '../../src/functional/affineTransform.ts';
import { constant } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { seededArray } from '../golden/golden.ts';
import { backends } from '../support/backends.ts';

interface Golden {
  readonly shape: readonly [number, number, number, number];
  readonly cases: readonly { readonly fillMode: FillMode; readonly value: readonly number[] }[];
}

const golden = JSON.parse(
  readFileSync(new URL('../golden/data/augmentation.json', import.meta.url), 'utf8'),
) as Golden;

/** One picture of one channel. */
async function transform(
  rows: readonly (readonly number[])[],
  map: number[],
  options = {},
): Promise<number[]> {
  const x = constant(rows.flat(), [1, rows.length, rows[0]!.length, 1]);
  const [y] = await evaluate([affineTransform(x, constant(map, [1, 6]), options)]);
  return Array.from(y!);
}

describe.each(golden.cases)('affineTransform, $fillMode', ({ fillMode, value }) => {
  it('gives what grid_sample of PyTorch gives', async () => {
    const { shape } = golden;
    const x = constant(seededArray({ shape, seed: 1, low: -1, high: 1 }), shape);
    const maps = constant(seededArray({ shape: [shape[0], 6], seed: 2, low: -1.5, high: 1.5 }), [
      shape[0],
      6,
    ]);
    const check = async (backend: Backend, tolerance: number) => {
      const [y] = await evaluate([affineTransform(x, maps, { fillMode })], new Map(), backend);
      expect(Math.max(...value.map((v, i) => Math.abs(v - y![i]!)))).toBeLessThan(tolerance);
    };
    await check(referenceBackend({ precision: 64 }), 1e-6);
    for (const { make, threads } of backends) await check(await make(threads.at(-1)!), 2e-5);
  });
});

describe('affineTransform', () => {
  const picture = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];

  it('leaves a picture as it is, turns it by quarters and mirrors it exactly', async () => {
    expect(await transform(picture, [1, 0, 0, 0, 1, 0])).toEqual(picture.flat());
    // The result at (u, v) is the picture at (v, −u): a quarter turn.
    expect(await transform(picture, [0, 1, 0, -1, 0, 0])).toEqual([7, 4, 1, 8, 5, 2, 9, 6, 3]);
    expect(await transform(picture, [-1, 0, 0, 0, 1, 0])).toEqual([3, 2, 1, 6, 5, 4, 9, 8, 7]);
  });

  it('fills what comes from outside', async () => {
    const line = [[1, 2, 3, 4]];
    const moved = [1, 0, -2, 0, 1, 0];
    expect(await transform(line, moved, { fillMode: 'constant', fillValue: 9 })).toEqual([9, 9, 1, 2]);
    expect(await transform(line, moved, { fillMode: 'nearest' })).toEqual([1, 1, 1, 2]);
    expect(await transform(line, moved, { fillMode: 'reflect' })).toEqual([2, 1, 1, 2]);
    expect(await transform(line, moved, { fillMode: 'wrap' })).toEqual([3, 4, 1, 2]);
  });

  it('interpolates between neighbours', async () => {
    expect(await transform([[1, 2, 4, 8]], [1, 0, 0.25, 0, 1, 0], { fillMode: 'nearest' })).toEqual([
      1.25, 2.5, 5, 8,
    ]);
  });

  it('refuses other shapes', () => {
    expect(() => affineTransform(constant([1, 2], [1, 2]), constant([1], [1, 1]))).toThrow(
      'expected pictures [B,H,W,C] and maps [B,6]; received [1,2] and [1,1]',
    );
  });
});
