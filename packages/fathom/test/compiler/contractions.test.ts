import { describe, expect, it } from 'vitest';
import { loadsOf, normalizeAxes } from '../../src/compiler/axes.ts';
import { type Blocked, blockNest } from '../../src/compiler/block.ts';
import type { Nest } from '../../src/compiler/nest.ts';
import { packOperands } from '../../src/compiler/pack.ts';
import { splitReduction } from '../../src/compiler/split.ts';
import { acc, binary, float } from '../../src/ir/expr.ts';
import { integer, pick, seeded } from '../support/random.ts';
import { at, loadAt, type Memory, product, reduction, runNests } from './support/nests.ts';
import { SMALL_BLOCKS, SMALL_CACHE, WASM } from './support/targets.ts';

/** Runs nests over memory of the given sizes, filled alike each time. */
function run(nests: readonly Nest[], sizes: readonly number[]): Memory {
  const random = seeded(3);
  return runNests(
    nests,
    sizes.map((size) => Float32Array.from({ length: size }, () => Math.floor(9 * random()) - 4)),
  );
}

/** Whole numbers below 2²⁴ add up exactly in any order. */
function expectSame(before: readonly Nest[], after: readonly Nest[], sizes: readonly number[], kept: number) {
  const [expected, actual] = [run(before, sizes), run(after, sizes)];
  expect(actual.slice(0, kept)).toEqual(expected.slice(0, kept));
}

describe('blockNest', () => {
  const [m, n, k] = [16, 48, 64];

  it('cuts a product that is too large for the cache, and means the same', () => {
    for (const [rows, columns, steps, cuts] of [
      [m, n, k, 1],
      [8, 24, 512, 2],
      [256, 24, 32, 2],
    ] as const) {
      // biome-ignore format: a list
      const nest = product(rows, columns, steps);
      const { nest: cut, blocked } = blockNest(nest, SMALL_CACHE);
      expect(blocked).toBe(true);
      expect(cut.axes).toHaveLength(3 + cuts);
      expect(cut.axes.reduce((a, b) => a * b)).toBe(rows * columns * steps);
      expectSame([nest], [cut], [rows * steps, steps * columns, rows * columns], 3);
    }
  });

  it('leaves alone what fits, what does not divide, and what is no sum', () => {
    const untouched = (nest: Nest, target = SMALL_CACHE) => {
      expect(blockNest(nest, target)).toEqual({ nest, blocked: false });
    };
    untouched(product(m, n, k), WASM);
    untouched(product(m, 97, k));
    untouched(reduction([m, k], at(1, [1, 0]), loadAt(0, [k, 1]), 'max'));
    untouched(normalizeAxes(product(1, n, k)));
    const nest = product(m, n, k);
    untouched({ ...nest, reduce: { ...nest.reduce!, colliding: [0] } });
  });

  it('cuts what would fit, where the lines of a panel collide and are read often enough', () => {
    const isCut = (rows: number, columns: number, steps: number) =>
      blockNest(product(rows, columns, steps), WASM).blocked;
    // Rows of 512 floats: lines 2048 bytes apart, of which the cache holds 16.
    expect(isCut(256, 512, 16)).toBe(false);
    expect(isCut(256, 512, 32)).toBe(true);
    expect(isCut(128, 512, 32)).toBe(false);
    expect(isCut(256, 528, 32)).toBe(false);
  });

  it('cuts what would fit, where the panels are copied only once for all runs', () => {
    const isCut = (nest: Nest, isPrepared?: (buffer: number) => boolean) =>
      blockNest(nest, WASM, () => false, isPrepared).blocked;
    // 64 × 96 weights of 4 bytes: 24 KiB.
    const nest = product(16, 96, 64);
    expect(isCut(nest)).toBe(false);
    expect(isCut(nest, (buffer) => buffer === 1)).toBe(true);
    expect(isCut(nest, (buffer) => buffer === 0)).toBe(false);
    expect(isCut(product(16, 32, 64), (buffer) => buffer === 1)).toBe(false);
  });

  it('cuts many contractions of few rows where their panels are copied only once', () => {
    const [many, m, n, k] = [36, 16, 32, 64];
    const body = binary('mul', loadAt(0, [m * k, k, 0, 1]), loadAt(1, [n * k, 0, 1, n]));
    const nest = reduction([many, m, n, k], at(2, [m * n, n, 1, 0]), body);
    expect(blockNest(nest, SMALL_CACHE).blocked).toBe(false);
    const cut = blockNest(nest, SMALL_CACHE, undefined, (buffer) => buffer === 1);
    expect(cut.blocked).toBe(true);
    expectSame([nest], [cut.nest], [many * m * k, many * n * k, many * m * n], 3);
  });

  it('cuts what many contractions sum up, if the operands of one are large, and means the same', () => {
    const [many, m, n, samples, k] = [19, 16, 18, 4, 128];
    const [a, b] = [loadAt(0, [k * m, 1, 0, many * k * m, m]), loadAt(1, [k * n, 0, 1, many * k * n, n])];
    const nest = reduction([many, m, n, samples, k], at(2, [m * n, n, 1, 0, 0]), binary('mul', a, b));
    const { nest: cut, blocked } = blockNest(nest, SMALL_CACHE);
    expect(blocked).toBe(false);
    // Blocks of two samples.
    expect(cut.axes).toEqual([many, m, n, 2, 2, k]);
    expectSame([nest], [cut], [samples * many * k * m, samples * many * k * n, many * m * n], 3);
    expect(blockNest(nest, WASM).nest).toBe(nest);
  });

  it('finds panels that come out even, whatever tile the model prefers', () => {
    for (const extent of [516, 768, 1000, 1024]) {
      const { nest, blocked } = blockNest(product(extent, extent, extent), WASM);
      expect(blocked).toBe(true);
      expect(nest.axes.reduce((a, b) => a * b)).toBe(extent ** 3);
    }
  });

  it('cuts the sum where something follows it only if all rows stay in cache beside a panel', () => {
    const nest = product(m, n, 512);
    const value = binary('add', acc('float32'), float(1));
    const axes = (cacheBytes: number) =>
      blockNest({ ...nest, stores: [{ ...nest.stores[0]!, value }] }, { ...SMALL_CACHE, cacheBytes }).nest
        .axes;
    expect(axes(2048)).toContain(512);
    // Rows are 32 KiB, a panel of 16 columns as much.
    expect(axes(72 * 1024)).not.toContain(512);
  });
});

describe('packOperands', () => {
  const packCut = (cut: Blocked, target = WASM) => {
    const sizes: number[] = [];
    const result = packOperands(cut, target, (size) => 3 + sizes.push(size) - 1);
    return { ...result, sizes };
  };
  const pack = (nest: Nest) => packCut({ nest, blocked: false });

  it('copies an operand whose neighbours along the lanes are not neighbours, and means the same', () => {
    for (const [m, n, k] of [
      [16, 12, 10],
      [33, 17, 5],
      [7, 40, 9],
    ] as const) {
      // biome-ignore format: a list
      const nest = product(m, n, k, true);
      const { packs, nest: packed, sizes } = pack(nest);
      expect(packs).toHaveLength(1);
      expect(sizes).toEqual([n * k]);
      expectSame([nest], [...packs, packed], [m * k, k * n, m * n, ...sizes], 3);
    }
  });

  it('copies panels of a blocked product one after the other', () => {
    const nest = product(16, 48, 64);
    const { packs, nest: packed, sizes } = packCut(blockNest(nest, SMALL_CACHE));
    expect(packs).toHaveLength(1);
    expectSame([nest], [...packs, packed], [16 * 64, 64 * 48, 16 * 48, ...sizes], 3);
  });

  it('reads panels row by row, some rows at a time', () => {
    const {
      packs: [panels],
    } = packCut(blockNest(product(16, 48, 64), SMALL_CACHE));
    // 64 steps as 8 times 8, 48 columns as 3 panels of 16.
    expect(panels!.axes).toEqual([8, 3, 8, 16]);
    const [read] = loadsOf(panels!);
    expect(read!.access.strides).toEqual([8 * 48, 16, 48, 1]);
    expect(panels!.stores[0]!.access.strides).toEqual([8 * 16, 64 * 16, 16, 1]);
  });

  it('copies the rows of the other operand block by block where the target asks for that', () => {
    const nest = product(16, 48, 64);
    const { packs, nest: packed, sizes } = packCut(blockNest(nest, SMALL_BLOCKS), SMALL_BLOCKS);
    expect(packs).toHaveLength(2);
    expectSame([nest], [...packs, packed], [16 * 64, 64 * 48, 16 * 48, ...sizes], 3);
    // 2 groups of 8 rows, 4 runs of 16 steps: a block is one run of memory.
    const rows = packs.find(({ axes }) => axes.reduce((a, b) => a * b) === 16 * 64)!;
    expect(rows.axes).toEqual([2, 8, 4, 16]);
    expect(rows.stores[0]!.access.strides).toEqual([512, 16, 128, 1]);
    const whole = blockNest(product(8, 48, 64), SMALL_BLOCKS);
    expect(packCut(whole, SMALL_BLOCKS).packs).toHaveLength(1);
  });

  it('copies nothing that lies well, that is read too seldom, or that would grow', () => {
    expect(pack(product(16, 12, 10)).packs).toEqual([]);
    expect(pack(product(2, 12, 10, true)).packs).toEqual([]);
    const window = reduction([64, 8, 8], at(2, [1, 0, 0]), binary('mul', loadAt(0, [2, 1, 1]), loadAt(1, [0, 8, 1]))); // biome-ignore format: one line
    expect(pack(window).packs).toEqual([]);
  });
});

describe('splitReduction', () => {
  const split = (nest: Nest) => {
    const sizes: number[] = [];
    return { nests: splitReduction(nest, (size) => 3 + sizes.push(size) - 1), sizes };
  };

  it('splits sums and maxima along memory, however many there are, so that lanes are neighbours', () => {
    for (const combine of ['sum', 'max'] as const) {
      for (const [rows, terms, parts] of [
        [1040, 64, 16],
        [16, 128, 32],
        [1500, 63, undefined],
        [1500, 127, undefined],
      ] as const) {
        const nest = reduction([rows, terms], at(2, [1, 0]), loadAt(0, [terms, 1]), combine);
        const { nests, sizes } = split(nest);
        expect(sizes).toEqual(parts === undefined ? [] : [rows * parts]);
        if (parts !== undefined) expectSame([nest], nests, [rows * terms, 1, rows, ...sizes], 3);
      }
    }
    const columns = reduction([128, 2048], at(2, [0, 1]), loadAt(0, [2048, 1]));
    expect(split(columns).nests).toHaveLength(1);
  });

  it('splits sums of what several operands make together early, and contractions late', () => {
    const distance = binary('sub', loadAt(0, [784, 1]), loadAt(1, [784, 1]));
    const nest = reduction([128, 784], at(2, [1, 0]), binary('mul', distance, distance));
    const { nests, sizes } = split(nest);
    expect(nests).toHaveLength(2);
    expectSame([nest], nests, [128 * 784, 128 * 784, 128, ...sizes], 3);
    expect(split(product(8, 16, 784)).nests).toHaveLength(1);
  });

  it('means the same, for sums and maxima along every axis, with what follows them', () => {
    const random = seeded(9);
    for (let i = 0; i < 30; i++) {
      const [rows, columns] = [pick(random, [1, 3, 7, 600, 1024]), pick(random, [1, 4, 17])];
      const along = integer(random, 0, 2);
      const to = at(2, [along === 0 ? 1 : 0, along === 1 ? 1 : 0]);
      const nest = reduction([rows, columns], to, loadAt(0, [columns, 1]), pick(random, ['sum', 'max'] as const)); // biome-ignore format: one line
      const value = binary('add', acc('float32'), loadAt(1, to.strides));
      const full = { ...nest, stores: [{ ...nest.stores[0]!, value }] };
      const { nests, sizes } = split(full);
      expectSame([full], nests, [rows * columns, 2000, 2000, ...sizes], 3);
    }
  });

  it('splits long reductions to few results, and leaves others whole', () => {
    const sum = (rows: number, columns: number) => reduction([rows, columns], at(2, [0, 1]), loadAt(0, [columns, 1])); // biome-ignore format: one line
    expect(split(sum(4096, 10)).nests).toHaveLength(2);
    expect(split(sum(100, 10)).nests).toHaveLength(1);
    expect(split(sum(4096, 2000)).nests).toHaveLength(1);
    expect(split(sum(4099, 10)).nests, 'a prime has no parts').toHaveLength(1);
    const nest = sum(4096, 10);
    expect(split({ ...nest, fill: { buffer: 2, size: 10 } }).nests).toHaveLength(1);
    expect(split({ ...nest, reduce: { ...nest.reduce!, colliding: [1] } }).nests).toHaveLength(1);
  });

  it('leaves whole what enough samples sum up for themselves, each a task', () => {
    // The mean of each channel over all places of a picture.
    const average = (samples: number, places = 4096, channels = 16) =>
      reduction(
        [samples, places, channels],
        at(1, [channels, 0, 1]),
        loadAt(0, [places * channels, channels, 1]),
      );
    expect(split(average(8)).nests).toHaveLength(1);
    expect(split(average(7)).nests, 'too few of them').toHaveLength(2);
    const { nests } = split(reduction([16, 4096], at(1, [1, 0]), loadAt(0, [4096, 1])));
    expect(nests, 'lanes lie along places').toHaveLength(2);
  });

  it('gives neighbouring terms to different parts where lanes would have none else', () => {
    const [first] = split(reduction([4096], at(2, [0]), loadAt(0, [1]))).nests;
    const [store] = first!.stores;
    expect(store!.access.strides[0]).toBe(1);
    expect(first!.reduce!.body).toMatchObject({ access: { strides: [1, expect.any(Number)] } });
  });
});
