import { describe, expect, it } from 'vitest';
import { blockNest } from '../../src/compiler/block.ts';
import { compile } from '../../src/compiler/compile.ts';
import type { Nest } from '../../src/compiler/nest.ts';
import { printProgram } from '../../src/compiler/print.ts';
import type { Stmt } from '../../src/compiler/program.ts';
import { schedule } from '../../src/compiler/schedule.ts';
import { matmul, relu } from '../../src/functional/index.ts';
import { binary } from '../../src/ir/expr.ts';
import { add, flip, input, iota, sum } from '../../src/ops/index.ts';
import { graphOf } from './support/machine.ts';
import { at, elementwise, loadAt, product, reduction } from './support/nests.ts';
import { SMALL_BLOCKS, WASM, WIDE } from './support/targets.ts';

type Loop = Extract<Stmt, { kind: 'loop' }>;

const only = (nest: Nest, target = WASM) => {
  const launches = schedule(nest, target);
  expect(launches).toHaveLength(1);
  return launches[0]!;
};

describe('the printed program', () => {
  it('of a chain over eleven elements: whole vectors, then a tail of three', () => {
    const x = input('x', [11]);
    const program = compile(graphOf([add(flip(x, [0]), 1)], new Map([[x, []]])), WASM);
    expect(printProgram(program)).toMatchInlineSnapshot(`
      "arena 256 bytes, scratch 0 bytes a thread
      b0 float32[11] arena+0
      b1 float32[11] arena+128
      inputs b0
      outputs b1
      stage 0 in 1 chunks
      launch 0 add (first thread, 11 flop)
        b1[0]:4 = add(b0[10]:4/-1, 1)
        b1[4]:4 = add(b0[6]:4/-1, 1)
        b1[8]:3 = add(b0[2]:3/-1, 1)"
    `);
  });

  it('of a small layer: a register tile, its reduction and its epilogue', () => {
    const [x, w, b] = [input('x', [2, 3]), input('w', [3, 5]), input('b', [5])];
    const feeds = new Map([x, w, b].map((leaf) => [leaf, []]));
    const program = compile(graphOf([relu(add(matmul(x, w), b))], feeds), WASM);
    expect(printProgram(program)).toMatchInlineSnapshot(`
      "arena 512 bytes, scratch 0 bytes a thread
      b0 float32[6] arena+256
      b1 float32[15] arena+0
      b2 float32[5] arena+384
      b3 float32[10] arena+128
      inputs b0, b1, b2
      outputs b3
      stage 0 in 1 chunks
      launch 0 contract+maximum (first thread, 80 flop)
        tasks from 0 for v0 < 2
          r0 = 0
          r1 = 0
          r2 = 0
          r3 = 0
          r4 = 0
          r5 = 0
          r0 = fma(b0[3*v0 + 0] splat, b1[0], r0)
          r1 = fma(b0[3*v0 + 0] splat, b1[4], r1)
          r2 = fma(b0[3*v0 + 1] splat, b1[5], r2)
          r3 = fma(b0[3*v0 + 1] splat, b1[9], r3)
          r4 = fma(b0[3*v0 + 2] splat, b1[10], r4)
          r5 = fma(b0[3*v0 + 2] splat, b1[14], r5)
          b3[5*v0 + 0]:4 = max(add(add(add(r0, r2), r4), b2[0]), 0)
          b3[5*v0 + 4]:1 = max(add(add(add(r1, r3), r5), b2[4]), 0)"
    `);
  });

  it('of a sum over rows, for wider vectors', () => {
    const x = input('x', [3, 6]);
    expect(printProgram(compile(graphOf([sum(x, 0)], new Map([[x, []]])), WIDE))).toMatchInlineSnapshot(`
      "arena 320 bytes, scratch 0 bytes a thread
      b0 float32[18] arena+0
      b1 float32[6] arena+192
      inputs b0
      outputs b1
      stage 0 in 1 chunks
      launch 0 sum (first thread, 18 flop)
        r0 = 0
        r1 = 0
        r2 = 0
        r0 = add(r0, b0[0])
        r1 = add(r1, b0[6])
        r2 = add(r2, b0[12])
        b1[0]:6 = add(add(r0, r1), r2)"
    `);
  });

  it('of positions', () => {
    expect(printProgram(compile(graphOf([iota([2, 5], 1)]), WASM))).toMatchInlineSnapshot(`
      "arena 128 bytes, scratch 0 bytes a thread
      b0 int32[10] arena+0
      inputs 
      outputs b0
      stage 0 in 1 chunks
      launch 0 iota (first thread, 0 flop)
        tasks from 0 for v0 < 2
          b0[5*v0 + 0]:4 = (0 by 1)
          b0[5*v0 + 4]:1 = (4 by 1)"
    `);
  });
});

describe('schedule', () => {
  it('gives small work to the first thread and shares large work', () => {
    expect(only(elementwise([100], at(1, [1]), loadAt(0, [1]))).solo).toBe(true);
    const large = only(elementwise([100_000], at(1, [1]), loadAt(0, [1])));
    expect(large.solo).toBe(false);
    expect(large.count).toBeGreaterThan(100);
  });

  it('divides along no axis on which points meet', () => {
    const nest = elementwise([64, 100, 100], at(1, [0, 100, 1]), loadAt(0, [0, 100, 1]));
    const { count } = only({
      ...nest,
      stores: [{ ...nest.stores[0]!, accumulate: true }],
      entangled: [0, 1],
    });
    expect(count, 'columns in blocks of four vectors').toBe(7);
    expect(only({ ...nest, entangled: [0, 1, 2] })).toMatchObject({ count: 1, solo: true });
  });

  it('divides along the axis that an earlier pass has made for it', () => {
    expect(only({ ...product(8, 64, 256), tasks: 0 }).count).toBe(8);
  });

  it('uses a block of rows for all panels of a thread, and lets the first block of steps set the result', () => {
    const target = { ...SMALL_BLOCKS, block: { ...SMALL_BLOCKS.block, rows: 6 } };
    const launches = schedule(blockNest(product(18, 512, 64), target).nest, target);
    expect(launches.map(({ name }) => name)).toEqual(['reduce']);
    const [{ body, count }] = launches as [(typeof launches)[0]];
    expect(count).toBe(512 / 8);
    // Rows, then the panels of this thread; and all of that again for the other three blocks of steps.
    const shapeOf = (statements: readonly Stmt[]) =>
      statements.map((each) => (each.kind === 'loop' ? [each.count, each.firstTask] : each.kind));
    expect(shapeOf(body)).toEqual([
      [3, undefined],
      [3, undefined],
    ]);
    const [first, others] = body as Loop[];
    expect(shapeOf(first!.body)).toEqual([[64, 0]]);
    expect(shapeOf(others!.body)).toEqual([[3, undefined]]);
    expect(shapeOf((others!.body[0] as Loop).body)).toEqual([[64, 0]]);
  });

  it('is done with each of many products before it comes to the next one', () => {
    // 16 pairs of matrices for each of 8 tasks, each wider than a tile: columns would go through all pairs each time.
    const [tasks, pairs, size] = [8, 16, 64];
    const axes = [tasks, pairs, size, size, size];
    const matrices = [pairs * size * size, size * size];
    const nest = reduction(
      axes,
      at(2, [...matrices, size, 1, 0]),
      binary('mul', loadAt(0, [...matrices, size, 0, 1]), loadAt(1, [0, size * size, 0, 1, size])),
    );
    const { body, count } = only(nest);
    expect(count).toBe(tasks);
    const [task] = body as Loop[];
    expect([task!.count, (task!.body[0] as Loop).count]).toEqual([tasks, pairs]);
  });

  it('knows what it reads, writes and costs', () => {
    const { reads, writes, flops } = only(product(8, 12, 10));
    expect([reads, writes, flops]).toEqual([[0, 1], [2], 2 * 8 * 12 * 10]);
  });

  it('says which slice of a buffer belongs to a task, where there is one', () => {
    const { count, slices } = only(elementwise([32, 50], at(1, [50, 1]), binary('add', loadAt(0, [50, 1]), loadAt(2, [0, 1])))); // biome-ignore format: one line
    expect(count).toBe(32);
    expect([...slices]).toEqual([[0, 50], [1, 50]]); // biome-ignore format: one line
    expect(slices.has(2), 'all tasks read it').toBe(false);
    const flipped = only(elementwise([32, 50], at(1, [50, 1]), loadAt(0, [-50, 1], 31 * 50)));
    expect([...flipped.slices]).toEqual([[1, 50]]);
  });

  it('does nothing for nothing, but to clear', () => {
    const nest = elementwise([0, 5], at(1, [5, 1]), loadAt(0, [5, 1]));
    expect(schedule(nest, WASM)).toEqual([]);
    const [clear, ...rest] = schedule({ ...nest, fill: { buffer: 1, size: 10 } }, WASM);
    expect(rest).toEqual([]);
    expect(clear).toMatchObject({ writes: [1], reads: [] });
    expect(schedule({ ...nest, fill: { buffer: 1, size: 0 } }, WASM)).toEqual([]);
  });

  it('clears first what tasks cannot clear on their own', () => {
    const scattered = elementwise([4, 5], at(1, [1, 9]), loadAt(0, [5, 1]));
    const names = schedule({ ...scattered, fill: { buffer: 1, size: 45 } }, WASM).map(({ name }) => name);
    expect(names).toEqual(['map.zero', 'map']);
    const sliced = elementwise([32, 5], at(1, [9, 1]), loadAt(0, [5, 1]));
    expect(schedule({ ...sliced, fill: { buffer: 1, size: 288 } }, WASM)).toHaveLength(1);
  });

  it('runs long sums outside of the tiles, adding to memory, where the working set does not fit', () => {
    const body = binary('mul', loadAt(0, [0, 1, 64 * 512, 64]), loadAt(2, [32 * 512, 0, 512, 1]));
    const nest = reduction([64, 64, 32, 512], at(1, [64, 1, 0, 0]), body);
    const readsBack = (cacheBytes: number) => {
      const statements = JSON.stringify(only(nest, { ...WASM, cacheBytes }).body);
      return statements.includes('"kind":"load","dtype":"float32","address":{"buffer":1');
    };
    expect(readsBack(256 * 1024)).toBe(true);
    expect(readsBack(2 ** 30)).toBe(false);
  });
});
