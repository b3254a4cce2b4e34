import { describe, expect, it } from 'vitest';
import { type Lifetime, planMemory, SLACK_BYTES } from '../../src/compiler/memory.ts';
import { integer, seeded } from '../support/random.ts';

const LINE = 64;
const padded = (bytes: number) => Math.ceil((bytes + SLACK_BYTES) / LINE) * LINE;

describe('planMemory', () => {
  it('never lets buffers overlap that live at the same time, nor takes more than all of them together', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const lifetimes = Array.from({ length: integer(random, 1, 60) }, (): Lifetime => {
        const first = integer(random, -1, 20);
        return { bytes: 4 * integer(random, 0, 400), first, last: first + integer(random, 0, 8) };
      });
      const { offsets, bytes } = planMemory(lifetimes);
      let all = 0;
      let most = 0;
      lifetimes.forEach((a, i) => {
        all += padded(a.bytes);
        const [from, to] = [offsets[i]!, offsets[i]! + a.bytes + SLACK_BYTES];
        expect(from % LINE).toBe(0);
        expect(to).toBeLessThanOrEqual(bytes);
        lifetimes.forEach((b, j) => {
          if (j <= i || a.last < b.first || b.last < a.first) return;
          const apart = offsets[j]! >= to || from >= offsets[j]! + b.bytes + SLACK_BYTES;
          expect(apart, `seed ${seed}: buffers ${i} and ${j}`).toBe(true);
        });
      });
      for (let time = -1; time < 30; time++) {
        const alive = lifetimes.filter(({ first, last }) => first <= time && time <= last);
        most = Math.max(most, alive.reduce((sum, b) => sum + padded(b.bytes), 0)); // biome-ignore format: one line
      }
      expect(bytes).toBeLessThanOrEqual(all);
      expect(bytes).toBeGreaterThanOrEqual(most);
    }
  });

  it('gives a place again to the next', () => {
    const life = (first: number, last: number, bytes = 1000) => ({ bytes, first, last });
    expect(planMemory([life(0, 1), life(2, 3), life(4, 5)])).toEqual({
      offsets: [0, 0, 0],
      bytes: padded(1000),
    });
    expect(planMemory([life(0, 2), life(2, 3)]).offsets, 'a launch that reads one and writes the other').toEqual([0, padded(1000)]); // biome-ignore format: one line
  });

  it('needs nothing for nothing', () => {
    expect(planMemory([])).toEqual({ offsets: [], bytes: 0 });
  });
});
