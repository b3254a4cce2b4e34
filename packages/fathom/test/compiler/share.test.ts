import { expect, it } from 'vitest';
import type { Nest } from '../../src/compiler/nest.ts';
import { shareCopies } from '../../src/compiler/share.ts';
import { load } from '../../src/ir/expr.ts';

const copy = (from: number, to: number, strides = [1, 8]): Nest => ({
  name: `${from} to ${to}`,
  axes: [8, 4],
  stores: [
    {
      access: { buffer: to, offset: 0, strides: [4, 1] },
      value: load({ buffer: from, offset: 0, strides }, 'float32'),
      accumulate: false,
    },
  ],
  entangled: [],
});
const all = () => true;
const names = (nests: readonly Nest[]) => nests.map(({ name }) => name);

it('makes equal copies once, and lets their readers read the first', () => {
  const shared = shareCopies([copy(0, 1), copy(0, 2), copy(2, 3), copy(1, 4, [2, 8])], all);
  expect(names(shared)).toEqual(['0 to 1', '2 to 3', '1 to 4']);
  expect(shared[1]!.stores[0]!.value).toMatchObject({ access: { buffer: 1 } });
});

it('keeps copies that differ, whose source has changed, that are seen elsewhere, or that are repeated', () => {
  for (const nests of [
    [copy(0, 1), copy(0, 2, [4, 1])],
    [copy(0, 1), copy(5, 0), copy(0, 2)],
    [copy(0, 1), copy(0, 2), copy(6, 2)],
    [{ ...copy(0, 1), loop: { count: 2 } }, copy(0, 2)],
  ]) {
    expect(names(shareCopies(nests, all))).toEqual(names(nests));
  }
  const outputs = [copy(0, 1), copy(0, 2)];
  expect(shareCopies(outputs, (buffer) => buffer !== 2)).toHaveLength(2);
});
