import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { Nest } from '../../src/compiler/nest.ts';
import type { Launch, Program, Stmt } from '../../src/compiler/program.ts';
import { canKeepSums, outerReduction, staysBesidePanel } from '../../src/compiler/sums.ts';
import type { Tiling } from '../../src/compiler/tile.ts';
import { conv2d, matmul, relu } from '../../src/functional/index.ts';
import { acc, binary, float } from '../../src/ir/expr.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { add, input, multiply } from '../../src/ops/index.ts';
import { seeded } from '../support/random.ts';
import { graphOf, simulate } from './support/machine.ts';
import { at, loadAt, product, reduction } from './support/nests.ts';
import { SMALL_BLOCKS, WIDE } from './support/targets.ts';

/** Holds all rows of the layers below and one panel, but not all panels. */
const CACHE = { ...SMALL_BLOCKS, name: 'rows-and-a-panel', cacheBytes: 8 * 1024 };
/** Holds everything: nothing is cut. */
const WHOLE = { ...SMALL_BLOCKS, name: 'everything', cacheBytes: 2 ** 30 };

const FEW = { rows: 14, steps: 48, columns: 64 };
const [x, w, b, r] = [
  input('x', [FEW.rows, FEW.steps]),
  input('w', [FEW.steps, FEW.columns]),
  input('b', [FEW.columns]),
  input('r', [FEW.rows, FEW.columns]),
];
const [picture, kernel] = [input('picture', [1, 6, 6, 8]), input('kernel', [3, 3, 8, 64])];

/** Small whole numbers: their sums are exact in any order. */
function filled(leaves: readonly Tensor[]): Map<Tensor, Float32Array> {
  const random = seeded(5);
  const value = () => Math.floor(9 * random()) - 4;
  return new Map(leaves.map((leaf) => [leaf, Float32Array.from({ length: leaf.size }, value)]));
}

/** The largest of a program's launches. */
const main = ({ launches }: Program) =>
  launches.reduce((best, launch) => (launch.flops > best.flops ? launch : best));

/** The extents of the loops from the outermost in, along the first loop each time. */
function nesting(statements: readonly Stmt[]): number[] {
  const loop = statements.find((statement) => statement.kind === 'loop');
  return loop ? [loop.count, ...nesting(loop.body)] : [];
}

const readsItsResult = ({ body, writes }: Launch) =>
  writes.some((buffer) => JSON.stringify(body).includes(`"address":{"buffer":${buffer},`)) &&
  JSON.stringify(body).includes(`"kind":"load","dtype":"float32","address":{"buffer":${writes[0]}`);

describe('sums that are completed in memory', () => {
  const LAYERS: [string, Tensor, readonly Tensor[]][] = [
    ['a product', matmul(x!, w!), [x!, w!]],
    ['a layer with bias and ReLU', relu(add(matmul(x!, w!), b!)), [x!, w!, b!]],
    ['a layer added to what went past it', add(multiply(matmul(x!, w!), b!), r!), [x!, w!, b!, r!]],
    ['a convolution with bias and ReLU', relu(add(conv2d(picture!, kernel!), b!)), [picture!, kernel!, b!]],
  ];

  it.each(LAYERS)('%s: the same as in registers, block by block of a panel', (_, output, leaves) => {
    const feeds = filled(leaves);
    const graph = graphOf([output], feeds);
    const [cut, whole] = [CACHE, WHOLE].map((target) => compile(graph, target));
    expect(simulate(cut!, feeds).outputs).toEqual(simulate(whole!, feeds).outputs);
    expect(readsItsResult(main(cut!))).toBe(true);
    expect(readsItsResult(main(whole!))).toBe(false);
  });

  it('goes through all rows with a block of a panel before the next block is read', () => {
    const [, output, leaves] = LAYERS[1]!;
    const launch = main(compile(graphOf([output], filled(leaves)), CACHE));
    const panels = FEW.columns / 16;
    expect(launch.count).toBe(panels);
    const [first] = launch.body.filter((statement) => statement.kind === 'loop');
    expect(first!.count).toBe(panels);
    // The first block of 16 steps sets the sums, the other two add to them.
    const others = first!.body.find((statement) => nesting([statement])[0] === FEW.steps / 16 - 1);
    expect(others, 'a loop over blocks of steps inside of that over panels').toBeDefined();
  });

  it('leaves rows that fit into one tile in registers', () => {
    const [few, bias] = [input('few', [2, FEW.steps]), input('bias', [FEW.columns])];
    const feeds = filled([few, w!, bias]);
    const program = compile(graphOf([relu(add(matmul(few, w!), bias))], feeds), {
      ...CACHE,
      cacheBytes: 4096,
    });
    expect(readsItsResult(main(program))).toBe(false);
  });
});

describe('outerReduction', () => {
  // 32 samples of `places` places, which are too much for the cache: 256 × 64 sums over both.
  const sums = (places: number): Nest =>
    reduction(
      [256, 64, 32, places],
      at(2, [64, 1, 0, 0]),
      binary('mul', loadAt(0, [1, 0, 256 * places, 256]), loadAt(1, [0, 1, 64 * places, 64])),
      'sum',
    );
  const outer = (places: number, tiling: Tiling) => outerReduction(sums(places), tiling, [2, 3], false, WIDE);
  const tile = (rows: number, vectors: number): Tiling => ({
    vectorAxis: 1,
    vectors,
    tileAxes: [{ axis: 0, size: rows }],
  });

  it('keeps all steps in registers where arithmetic hides the fetching and few steps were left', () => {
    expect(outer(16, tile(12, 2))).toEqual([]);
    expect(outer(64, tile(12, 2)), 'enough steps to pay for loading and storing sums').toEqual([2]);
    expect(outer(16, tile(2, 2)), 'a small tile waits for what it reads').toEqual([2]);
  });
});

describe('canKeepSums', () => {
  const layer = (value: Parameters<typeof binary>[1], more: Partial<Nest> = {}): Nest => {
    const nest = product(8, 16, 64);
    return { ...nest, stores: [{ ...nest.stores[0]!, value }], ...more };
  };
  const plusOne = binary('add', acc('float32'), float(1));

  it('holds for bare sums, and where what follows reads other memory', () => {
    expect(canKeepSums(product(8, 16, 64))).toBe(true);
    expect(canKeepSums(layer(plusOne))).toBe(true);
    expect(canKeepSums(layer(binary('add', acc('float32'), loadAt(5, [16, 1, 0]))))).toBe(true);
  });

  it('does not hold where the place is read, added to or met again, and for maxima', () => {
    const nest = product(8, 16, 64);
    const place = nest.stores[0]!.access.buffer;
    expect(canKeepSums(layer(binary('add', acc('float32'), loadAt(place, [16, 1, 0]))))).toBe(false);
    expect(canKeepSums({ ...nest, stores: [{ ...nest.stores[0]!, value: plusOne, accumulate: true }] })).toBe(
      false,
    );
    expect(canKeepSums(layer(plusOne, { reduce: { ...nest.reduce!, colliding: [0] } }))).toBe(false);
    expect(canKeepSums(layer(plusOne, { fill: { buffer: place, size: 128 } }))).toBe(false);
    expect(canKeepSums(reduction([4, 5], at(1, [1, 0]), loadAt(0, [5, 1]), 'max'))).toBe(false);
  });
});

describe('staysBesidePanel', () => {
  it('gives the rows half of the cache, and everything all of it', () => {
    // 16 rows of 64 steps: 4 KiB; 8 columns: 2 KiB, and 512 bytes of results.
    const fits = (cacheBytes: number) => staysBesidePanel(product(16, 64, 64), 1, 8, { ...WIDE, cacheBytes });
    expect(fits(8 * 1024)).toBe(true);
    expect(fits(8 * 1024 - 2)).toBe(false);
    const panel = (cacheBytes: number) => staysBesidePanel(product(2, 64, 64), 1, 8, { ...WIDE, cacheBytes });
    expect(panel(512 + 2048 + 64)).toBe(true);
    expect(panel(512 + 2048 + 63)).toBe(false);
  });
});
