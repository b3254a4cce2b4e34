import { describe, expect, it } from 'vitest';
import { orderLaunches } from '../../src/compiler/order.ts';
import type { Scheduled } from '../../src/compiler/schedule.ts';
import { verifyOrder } from '../../src/compiler/verify.ts';
import { integer, pick, type Random, seeded } from '../support/random.ts';

const SIZE = 96;

function launch(name: string, reads: number[], writes: number[], count = 8, solo = false): Scheduled {
  const slices = new Map([...reads, ...writes].map((buffer) => [buffer, SIZE / count]));
  return { name, reads, writes, count, solo, slices, body: [], flops: 0, bytes: 0, work: 'copy', origin: [] };
}

function randomLaunches(random: Random): Scheduled[] {
  const buffers = integer(random, 2, 12);
  return Array.from({ length: integer(random, 1, 40) }, (_, i) => {
    const some = (most: number) => [
      ...new Set(Array.from({ length: integer(random, 0, most) }, () => integer(random, 0, buffers - 1))),
    ];
    const made = launch(`${i}`, some(3), [...new Set([...some(1), integer(random, 0, buffers - 1)])], pick(random, [1, 8, 16, 24, 32]), random() < 0.4); // biome-ignore format: one line
    return random() < 0.5 ? made : { ...made, slices: new Map() };
  });
}

const conflict = (a: Scheduled, b: Scheduled) =>
  a.writes.some((buffer) => b.reads.includes(buffer) || b.writes.includes(buffer)) ||
  a.reads.some((buffer) => b.writes.includes(buffer));

describe('orderLaunches', () => {
  it('keeps every dependency, and puts into one stage only what can run chunk by chunk', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const launches = randomLaunches(seeded(seed));
      const stages = orderLaunches(launches);
      const flat = stages.flatMap((stage) => stage.launches);
      expect(new Set(flat).size).toBe(launches.length);
      verifyOrder(launches, flat);
      launches.forEach((a, i) => {
        for (const b of launches.slice(i + 1)) {
          if (conflict(a, b)) expect(flat.indexOf(a), `seed ${seed}`).toBeLessThan(flat.indexOf(b));
        }
      });
      for (const { launches: members, chunks, solo } of stages) {
        expect(members.every((member) => member.solo === solo)).toBe(true);
        if (solo) {
          expect(chunks).toBe(1);
          continue;
        }
        for (const [i, a] of members.entries()) {
          expect(a.count % chunks).toBe(0);
          for (const b of members.slice(i + 1)) {
            const shared = [...a.reads, ...a.writes].filter(
              (buffer) =>
                (a.writes.includes(buffer) && (b.reads.includes(buffer) || b.writes.includes(buffer))) ||
                b.writes.includes(buffer),
            );
            for (const buffer of shared) {
              const slice = (one: Scheduled) => (one.slices.get(buffer)! * one.count) / chunks;
              expect(slice(a), `seed ${seed}: ${a.name} and ${b.name} by chunks`).toBe(slice(b));
            }
          }
        }
      }
    }
  });

  it('chains launches over the same slices in one stage', () => {
    const [stage, ...others] = orderLaunches([launch('a', [0], [1], 32), launch('b', [1], [2], 16)]);
    expect(others).toEqual([]);
    expect(stage).toMatchObject({ chunks: 16, solo: false });
  });

  it('parts launches of which one needs more than its own slice', () => {
    const whole = { ...launch('b', [1], [2]), slices: new Map([[2, 12]]) };
    expect(orderLaunches([launch('a', [0], [1]), whole])).toHaveLength(2);
  });

  it('does not chain so much that few chunks are left', () => {
    expect(orderLaunches([launch('a', [0], [1], 32), launch('b', [1], [2], 3)])).toHaveLength(2);
  });

  it('lets a copy wait for the launch that alone reads it, part by part', () => {
    const copy = launch('copy', [0], [1]);
    const slow = launch('slow', [2], [3], 32);
    const user = launch('user', [1, 3], [4]);
    const needsAllOfSlow = { ...user, slices: new Map([...user.slices].filter(([buffer]) => buffer !== 3)) };
    const names = (launches: Scheduled[]) =>
      orderLaunches(launches).map((stage) => stage.launches.map(({ name }) => name));
    expect(names([copy, slow, needsAllOfSlow])).toEqual([['slow'], ['copy', 'user']]);
    const works = { ...copy, flops: 100 };
    expect(names([works, slow, needsAllOfSlow])).toEqual([['copy'], ['slow'], ['user']]);
    expect(names([copy, slow, needsAllOfSlow, launch('other', [1], [5])])[0]).toContain('copy');
  });

  it('gives the first thread its own launches in one piece', () => {
    const stages = orderLaunches([launch('a', [0], [1], 1, true), launch('b', [1], [2], 1, true), launch('c', [3], [4])]); // biome-ignore format: one line
    expect(stages.map(({ launches, solo }) => [launches.map(({ name }) => name), solo])).toEqual([
      [['c'], false],
      [['a', 'b'], true],
    ]);
  });
});

describe('verifyOrder', () => {
  const [a, b] = [launch('a', [0], [1]), launch('b', [1], [2])];

  it('notices what is lost, twice there, or too early', () => {
    expect(() => verifyOrder([a, b], [a, b])).not.toThrow();
    expect(() => verifyOrder([a, b], [a])).toThrow('2 launches went in, 1 came out');
    expect(() => verifyOrder([a, b], [a, a])).toThrow('came out');
    expect(() => verifyOrder([a, b], [b, a])).toThrow('b reads buffer 1 before it is written');
    expect(() => verifyOrder([a, b], [a, { ...b }])).toThrow('is lost');
  });
});
