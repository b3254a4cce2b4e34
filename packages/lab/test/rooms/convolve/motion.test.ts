import { describe, expect, it } from 'vitest';
import { moved, moveThrough, type Stage } from '../../../src/rooms/convolve/motion.ts';
import { parseMatrix } from '../../../src/views/matrix.ts';

const PICTURE = parseMatrix('20 0 0 / 20 0 0 / 20 20 0');
const diagonal: Stage = { kind: 'convolution', kernels: [parseMatrix('2 0 / 0 2')] };
const right = { down: 0, right: 1 };

describe('the curriculum’s example', () => {
  it('moves with the picture, but for what comes in at the edge, and its maximum stays', async () => {
    const [picture, map, pooled] = await moveThrough(PICTURE, right, [
      diagonal,
      { kind: 'maxPooling', size: 2 },
    ]);
    expect(picture!.after[0]).toEqual(parseMatrix('0 20 0 / 0 20 0 / 0 20 20'));
    expect(map!.before[0]).toEqual(parseMatrix('40 0 / 80 0'));
    expect(map!.after[0]).toEqual(parseMatrix('40 40 / 40 80'));
    expect(map!.innerError).toBe(0);
    expect(map!.error).toBeCloseTo(Math.hypot(40, 40), 10);
    expect(pooled!.before[0]).toEqual([[80]]);
    expect(pooled!.after[0]).toEqual([[80]]);
    expect(pooled!.change).toBe(0);
  });
});

describe('a picture with room around it', () => {
  const picture = Array.from({ length: 16 }, (_, r) =>
    Array.from({ length: 16 }, (_, c) => (r > 4 && r < 10 && c > 4 && c < 10 ? (r * 5 + c * 3) % 7 : 0)),
  );
  const stages: Stage[] = [diagonal, { kind: 'relu' }, { kind: 'maxPooling', size: 2 }];

  it('convolution and ReLU are equivariant', async () => {
    const [, conv, relu] = await moveThrough(picture, { down: 2, right: -3 }, stages);
    expect([conv!.error, relu!.error]).toEqual([0, 0]);
    expect(conv!.change).toBeGreaterThan(1);
  });

  it('pooling is so for whole steps of its own places', async () => {
    const even = await moveThrough(picture, { down: 2, right: -4 }, stages);
    expect(even[3]!.scale).toBe(2);
    expect(even[3]!.error).toBe(0);
    const odd = await moveThrough(picture, { down: 1, right: 0 }, stages);
    expect(odd[3]!.error).toBeUndefined();
  });

  it('a global maximum is invariant, a dense layer is not', async () => {
    const shift = { down: 3, right: 1 };
    const invariant = await moveThrough(picture, shift, [...stages.slice(0, 2), { kind: 'globalMax' }]);
    expect(invariant[3]!.change).toBe(0);
    const dense = await moveThrough(picture, shift, [{ kind: 'dense', units: 4 }]);
    expect(dense[1]!.before[0]![0]).toHaveLength(4);
    expect(dense[1]!.change).toBeGreaterThan(0.1 * dense[1]!.norm);
    const same = await moveThrough(picture, { down: 0, right: 0 }, [{ kind: 'dense', units: 4 }]);
    expect(same[1]!.change).toBe(0);
  });
});

it('moving loses what leaves', () => {
  expect(moved(parseMatrix('1 2 / 3 4'), { down: -1, right: 1 })).toEqual([
    [0, 3],
    [0, 0],
  ]);
});
