import { describe, expect, it, vi } from 'vitest';
import { convolveHandlers } from '../../src/engine/convolve.ts';
import type { Chain } from '../../src/engine/convolveTypes.ts';
import { parseMatrix } from '../../src/views/matrix.ts';

vi.stubGlobal('navigator', { hardwareConcurrency: 2 });

const SMALL = parseMatrix('20 0 0 / 20 0 0 / 20 20 0');
const BLOB = Array.from({ length: 24 }, (_, r) =>
  Array.from({ length: 24 }, (_, c) => (r > 9 && r < 15 && c > 9 && c < 15 ? (r * 5 + c * 3) % 7 : 0)),
);

async function move(picture: typeof SMALL, down: number, right: number, network: Chain) {
  return convolveHandlers['convolve/move']({ picture, shift: { down, right }, network });
}

describe('the curriculum’s example', () => {
  it('moves with the picture, but for what comes in at the edge, and its maximum stays', async () => {
    const { moved, layers } = await move(SMALL, 0, 1, 'lecture');
    const [picture, map, pooled] = layers;
    expect(moved).toEqual(parseMatrix('0 20 0 / 0 20 0 / 0 20 20'));
    expect(picture!.after[0]).toEqual(moved);
    expect(map!.before[0]).toEqual(parseMatrix('40 0 / 80 0'));
    expect(map!.after[0]).toEqual(parseMatrix('40 40 / 40 80'));
    expect(map!.difference).toBe(0);
    expect(map!.withEdge).toBeCloseTo(Math.hypot(40, 40), 4);
    expect(pooled!.before[0]).toEqual([[80]]);
    expect(pooled!.after[0]).toEqual([[80]]);
    expect(pooled!.change).toBe(0);
  });
});

describe('a picture with room around it', () => {
  it('convolution and ReLU move along; a global maximum stays', async () => {
    const { layers } = await move(BLOB, 4, -4, 'deep');
    expect(layers.map(({ name }) => name)).toEqual([
      'picture',
      'convolution 3 × 3',
      'ReLU',
      'max pooling 2 × 2',
      'convolution 3 × 3',
      'ReLU',
      'max pooling 2 × 2',
      'global max pooling',
    ]);
    for (const { difference, withEdge, isWhole } of layers.slice(0, -1)) {
      expect([difference, withEdge, isWhole]).toEqual([0, 0, true]);
    }
    expect(layers[1]!.change).toBeGreaterThan(1);
    expect(layers.at(-1)!.change).toBe(0);
  });

  it('pooling moves along by whole steps of its own only', async () => {
    const { layers } = await move(BLOB, 1, 0, 'deep');
    expect(layers[2]!.difference).toBe(0);
    expect(layers[3]!.isWhole).toBe(false);
    expect(layers[3]!.difference).toBeGreaterThan(0);
  });

  it('a dense layer neither moves along nor stays', async () => {
    const { layers } = await move(BLOB, 3, 1, 'dense');
    const last = layers.at(-1)!;
    expect(last.name).toBe('dense 16');
    expect(last.before[0]![0]).toHaveLength(16);
    expect(last.change).toBeGreaterThan(0.1 * last.size);
    const still = await move(BLOB, 0, 0, 'dense');
    expect(still.layers.at(-1)!.change).toBe(0);
  });
});
