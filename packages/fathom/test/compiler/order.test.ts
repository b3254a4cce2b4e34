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
    const other = { ...launch('other', [1], [5]), slices: new Map() };
    expect(names([copy, slow, needsAllOfSlow, other])[0]).toContain('copy');
    // Who writes what it reads comes after it, and is none that reads what it makes.
    expect(names([copy, slow, needsAllOfSlow, launch('later', [5], [0])])).toEqual([
      ['slow'],
      ['copy', 'user', 'later'],
    ]);
  });

  it('computes again what is needed late beside what needs it, and not before', () => {
    const whole = (made: Scheduled, ...buffers: number[]) => ({
      ...made,
      slices: new Map([...made.slices].filter(([buffer]) => !buffers.includes(buffer))),
    });
    const works = (made: Scheduled, late = false) => ({ ...made, flops: 100, ...(late ? { late } : {}) });
    const list = (late: boolean) => [
      works(launch('picture', [0], [1])),
      works(launch('product', [1], [2])),
      // Of all of the products comes a loss, and of that what goes back, part by part.
      works(whole(launch('loss', [2], [3], 1, true), 2)),
      works(launch('pad again', [1], [4]), late),
      works(launch('picture again', [4], [5]), late),
      works(whole(launch('back', [3], [6]), 3)),
      works(launch('further back', [6], [7])),
      works(launch('kernel', [5, 6], [8])),
    ];
    const names = (launches: Scheduled[]) =>
      orderLaunches(launches).map((stage) => stage.launches.map(({ name }) => name));
    expect(names(list(true))).toEqual([
      ['picture', 'product'],
      ['loss'],
      // At once after what it is summed up with, which the cache still has; so is what nothing else waits for.
      ['back', 'further back', 'pad again', 'picture again', 'kernel'],
    ]);
    expect(names(list(false))[0]).toContain('picture again');
    // If the one that needs it cannot be of one stage with it, there is nothing to wait for.
    const apart = list(true).map((made) => (made.name === 'kernel' ? whole(made, 5) : made));
    expect(names(apart)[0]).toContain('picture again');
  });

  it('begins a stage with the one of the next wave that it can be one with', () => {
    const names = (launches: Scheduled[]) =>
      orderLaunches(launches).map((stage) => stage.launches.map(({ name }) => name));
    const works = (made: Scheduled) => ({ ...made, flops: 100 });
    const picture = works(launch('picture', [0], [1]));
    const factor = works(launch('factor', [2], [3], 32));
    const product = works(launch('product', [1, 3], [4]));
    const own = [...product.slices].filter(([buffer]) => buffer !== 3);
    const ofAllFactors = { ...product, slices: new Map(own) };
    expect(names([picture, factor, ofAllFactors])).toEqual([['factor'], ['picture', 'product']]);
    const other = { ...launch('other', [1], [5]), slices: new Map([[5, 12]]) };
    expect(names([picture, factor, ofAllFactors, other]), 'two of the next wave need it').toEqual([
      ['picture'],
      ['factor'],
      ['product'],
      ['other'],
    ]);
  });

  it('begins a stage later for one that can go on with what it leaves, where that is worth more than a barrier', () => {
    const names = (launches: Scheduled[]) =>
      orderLaunches(launches).map((stage) => stage.launches.map(({ name }) => name));
    const sized = (size: number, made: Scheduled, ...whole: number[]) => ({
      ...made,
      flops: 100,
      slices: new Map(
        [...made.slices.keys()].filter((buffer) => !whole.includes(buffer)).map((buffer) => [buffer, size]),
      ),
    });
    // A forward pass, its loss, of which the backward pass knows nothing, and a weight that this waits for.
    const list = (size: number, input: number) => [
      {
        ...sized(size, launch('forward', [0], [1])),
        slices: new Map([
          [0, input],
          [1, size],
        ]),
      },
      sized(size, launch('loss', [1], [2]), 1),
      sized(size, launch('weight', [3], [4])),
      sized(size, launch('packed weight', [4], [5], 24), 4),
      sized(size, launch('panels of it', [5], [6], 40), 5),
      sized(size, launch('backward', [1, 6], [7]), 6),
    ];
    expect(names(list(100_000, 1000))).toEqual([
      ['weight'],
      ['packed weight'],
      ['panels of it'],
      ['forward', 'backward'],
      ['loss'],
    ]);
    const order = ['forward', 'weight', 'loss', 'packed weight', 'panels of it', 'backward'];
    const apart = order.map((name) => [name]);
    expect(names(list(100, 1)), 'what it leaves is little').toEqual(apart);
    expect(names(list(100_000, 200_000)), 'what it reads would be kept for longer').toEqual(apart);
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
