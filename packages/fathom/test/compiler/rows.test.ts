import { describe, expect, it } from 'vitest';
import { hoistInvariants, writtenInLoops } from '../../src/compiler/hoist.ts';
import type { Nest } from '../../src/compiler/nest.ts';
import { alignRows } from '../../src/compiler/rows.ts';
import { type Access, binary, load } from '../../src/ir/expr.ts';

const loop = { count: 5 };
const access = (buffer: number, strides: number[], more: Partial<Access> = {}): Access => ({
  buffer,
  offset: 0,
  strides,
  ...more,
});
const nest = (name: string, axes: number[], to: Access, ...from: Access[]): Nest => ({
  name,
  axes,
  stores: [
    {
      access: to,
      value: from.map((a) => load(a, 'float32')).reduce((a, b) => binary('add', a, b)),
      accumulate: false,
    },
  ],
  entangled: [],
  loop,
});

describe('alignRows', () => {
  const sizes = [64 * 12, 5 * 64 * 12, 64 * 3, 12];
  const sizeOf = (buffer: number) => sizes[buffer]!;

  it('gives nests that share rows the same tasks, also where a buffer moves with the loop', () => {
    const nests = [
      nest('a', [64, 12], access(1, [12, 1], { advance: 64 * 12 }), access(0, [12, 1])),
      nest('b', [12, 64], access(0, [1, 12]), access(1, [1, 12], { offset: 4 * 768, advance: -768 })),
      nest('c', [64, 3], access(2, [3, 1]), access(0, [12, 4]), access(3, [0, 1])),
    ];
    const aligned = alignRows(nests, sizeOf);
    expect(aligned.map(({ axes, tasks }) => [axes[tasks!], axes])).toEqual([
      [8, [8, 8, 12]],
      [8, [12, 8, 8]],
      [8, [8, 8, 3]],
    ]);
    expect(aligned[1]!.stores[0]!.access.strides).toEqual([1, 96, 12]);
  });

  it('leaves nests alone of which one needs other rows, or whose rows do not divide', () => {
    const whole = nest('a', [64, 12], access(0, [12, 1]), access(0, [0, 1]));
    expect(alignRows([whole], sizeOf)).toEqual([whole]);
    const shifted = nest('b', [64, 3], access(2, [3, 1]), access(0, [12, 1], { offset: 10 }));
    const writer = nest('c', [64, 12], access(0, [12, 1]), access(0, [12, 1]));
    expect(alignRows([writer, shifted], sizeOf)).toEqual([writer, shifted]);
    const odd = nest('d', [61, 2], access(0, [2, 1]), access(3, [0, 1]));
    expect(alignRows([odd], () => 122)).toEqual([odd]);
  });
});

describe('hoistInvariants', () => {
  const outside = (made: Nest): Nest => {
    const { loop: _loop, ...rest } = made;
    return rest;
  };
  const changing = nest('changing', [4], access(1, [1]), access(1, [1]), access(3, [1]));
  const packed = nest('packed', [4], access(3, [1]), access(2, [1]));
  const again = nest('again', [4], access(4, [1]), access(3, [1]));

  it('moves before the loop what is the same in all iterations, and what follows from it', () => {
    const first = outside(nest('first', [4], access(1, [1]), access(0, [1])));
    const nests = [first, packed, changing, again];
    expect(hoistInvariants(nests)).toEqual([first, outside(packed), outside(again), changing]);
    expect(writtenInLoops(nests)).toEqual(new Set([3, 1, 4]));
  });

  it('keeps what moves with the loop, and what is not the only one to write', () => {
    const moving = nest('moving', [4], access(3, [1]), access(2, [1], { advance: 4 }));
    expect(hoistInvariants([moving, changing])).toEqual([moving, changing]);
    const before = outside(nest('before', [4], access(3, [1]), access(0, [1])));
    expect(hoistInvariants([before, packed, changing])).toEqual([before, packed, changing]);
  });
});
