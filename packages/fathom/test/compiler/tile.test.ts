import { describe, expect, it } from 'vitest';
import type { Nest } from '../../src/compiler/nest.ts';
import type { Target } from '../../src/compiler/program.ts';
import { chooseTiling, loadsOfStep, outputAxes, segmentsOf, type Tiling } from '../../src/compiler/tile.ts';
import { binary } from '../../src/ir/expr.ts';
import { integer, pick, seeded } from '../support/random.ts';
import { at, elementwise, loadAt, product, reduction } from './support/nests.ts';
import { WASM, WIDE } from './support/targets.ts';

const rowsOf = ({ tileAxes }: Tiling) => tileAxes.reduce((rows, { size }) => rows * size, 1);

/** Accumulators and the values that a step holds beside them. */
const registersOf = (nest: Nest, tiling: Tiling, target: Target) =>
  rowsOf(tiling) * tiling.vectors + (target.hoistsLoads ? loadsOfStep(nest, tiling) : tiling.vectors + 1);

describe('segmentsOf', () => {
  it('covers every point once', () => {
    for (let extent = 0; extent <= 40; extent++) {
      for (let size = 1; size <= 9; size++) {
        const points = segmentsOf(extent, size).flatMap((segment) =>
          Array.from({ length: segment.blocks * segment.size }, (_, i) => segment.start + i),
        );
        expect(points).toEqual(Array.from({ length: extent }, (_, i) => i));
        expect(segmentsOf(extent, size).length).toBeLessThanOrEqual(2);
      }
    }
  });
});

describe('chooseTiling', () => {
  it('stays within the registers, whatever the shape', () => {
    const random = seeded(11);
    for (let i = 0; i < 300; i++) {
      const extent = () => pick(random, [1, 2, 3, 5, 8, 17, 33, 64, 100, 511]);
      const nest = product(extent(), extent(), extent(), random() < 0.5);
      const target = pick(random, [WASM, WIDE, { ...WASM, registers: integer(random, 4, 40) }]);
      const tiling = chooseTiling(nest, target);
      if (rowsOf(tiling) * tiling.vectors > 1) {
        expect(registersOf(nest, tiling, target)).toBeLessThanOrEqual(target.registers);
      }
      for (const { axis, size } of tiling.tileAxes) expect(size).toBeLessThanOrEqual(nest.axes[axis]!);
      expect(tiling.tileAxes.map(({ axis }) => axis)).not.toContain(tiling.vectorAxis);
      expect(tiling.vectors).toBeLessThanOrEqual(Math.max(1, Math.ceil((nest.axes[tiling.vectorAxis] ?? 1) / target.lanes))); // biome-ignore format: one line
    }
  });

  it('uses the registers of a large product, and each loaded value more than once', () => {
    for (const target of [WASM, WIDE]) {
      const nest = product(512, 512, 512);
      const tiling = chooseTiling(nest, target);
      const accumulators = rowsOf(tiling) * tiling.vectors;
      expect(accumulators).toBeGreaterThanOrEqual(target.registers / 2);
      expect(accumulators / loadsOfStep(nest, tiling)).toBeGreaterThan(1);
      expect(tiling.vectorAxis, 'columns of the second factor are neighbours').toBe(1);
    }
  });

  it('makes squares of what lies across the lanes, where there is room for one', () => {
    const across = (rows: number, columns: number, load = loadAt(0, [1, rows])) =>
      chooseTiling(elementwise([rows, columns], at(1, [columns, 1]), load), WIDE);
    expect(across(24, 40)).toEqual({
      vectorAxis: 1,
      vectors: 1,
      tileAxes: [{ axis: 0, size: WIDE.lanes }],
      across: 0,
    });
    expect(across(WIDE.lanes - 1, 40).across).toBeUndefined();
    expect(across(40, WIDE.lanes - 1).across).toBeUndefined();
    expect(across(24, 40, loadAt(0, [40, 1])).across, 'it lies as it is written').toBeUndefined();
    expect(across(24, 40, loadAt(0, [2, 48])).across, 'its neighbours are apart').toBeUndefined();
    expect(across(24, 40, loadAt(1, [1, 24])).across, 'it is what is written').toBeUndefined();
  });

  it('goes over places of a picture rather than over samples, unless that is cheaper by more than one percent', () => {
    // A layer of 1×1 kernels: samples × places × channels, summed over 27 inputs.
    const layer = (samples: number, places: number) =>
      reduction(
        [samples, places, 8, 27],
        at(2, [8 * places, 8, 1, 0]),
        binary('mul', loadAt(0, [27 * places, 27, 0, 1]), loadAt(1, [0, 0, 1, 8])),
      );
    const axes = (nest: Nest) => chooseTiling(nest, WIDE).tileAxes.map(({ axis }) => axis);
    const [few] = chooseTiling(layer(3, 64), WIDE).tileAxes;
    // As many samples as the tile would have places leave no rest; 64 places do.
    expect(64 % few!.size).not.toBe(0);
    expect(axes(layer(8 * few!.size, 64))).toEqual([1]);
    expect(axes(layer(8 * few!.size, 2)), 'two places use few registers').toContain(0);
  });

  it('sums up samples one by one where each element is read once', () => {
    // The mean over all places, with a bias, which several samples could share.
    const average = (places: number) =>
      reduction(
        [32, places, 16],
        at(2, [16, 0, 1]),
        binary('add', loadAt(0, [16 * places, 16, 1]), loadAt(1, [0, 0, 1])),
      );
    for (const target of [WASM, WIDE]) {
      expect(chooseTiling(average(256), target).tileAxes).toEqual([]);
      expect(chooseTiling(average(4), target).tileAxes, 'too short to be worth it').not.toEqual([]);
    }
  });

  it('lays lanes along the axis whose elements are neighbours', () => {
    expect(chooseTiling(elementwise([8, 8], at(1, [8, 1]), loadAt(0, [8, 1])), WASM).vectorAxis).toBe(1);
    expect(chooseTiling(elementwise([8, 8], at(1, [1, 8]), loadAt(0, [1, 8])), WASM).vectorAxis).toBe(0);
    expect(chooseTiling(reduction([8, 8], at(1, [0, 1]), loadAt(0, [8, 1])), WASM).vectorAxis).toBe(1);
    expect(chooseTiling(reduction([8], at(1, [0]), loadAt(0, [1])), WASM).vectorAxis).toBe(-1);
  });

  it('takes neighbours of a panel side by side, not pieces of several, where both cost as many loads', () => {
    // dW[row, column] over [row block, row, panel, column, step], as blocking leaves the gradient of a wide layer.
    const left = loadAt(0, [128, 1, 0, 0, 512]);
    const right = loadAt(1, [0, 0, 4096, 1, 16]);
    const nest = reduction([4, 128, 8, 16, 256], at(2, [16384, 128, 16, 1, 0]), binary('mul', left, right));
    const tiling = chooseTiling(nest, WASM);
    expect([tiling.vectorAxis, tiling.vectors]).toEqual([3, 4]);
    expect(tiling.tileAxes.map(({ axis }) => axis)).toEqual([1]);
  });

  it('neither tiles nor vectorizes along axes that run in sequence or are divided into tasks', () => {
    const nest = reduction([6, 5, 8], at(1, [8, 8, 1]), loadAt(0, [0, 8, 1]));
    const sequential = { ...nest, reduce: { ...nest.reduce!, colliding: [2] } };
    expect(chooseTiling(sequential, WASM).vectorAxis).not.toBe(2);
    expect(chooseTiling({ ...nest, tasks: 2 }, WASM).vectorAxis).not.toBe(2);
    const { tileAxes } = chooseTiling({ ...product(6, 8, 9), tasks: 0 }, WASM);
    expect(tileAxes).toEqual([]);
  });

  it('takes fewer vectors at a time where each costs many operations', () => {
    const x = loadAt(0, [1]);
    let long = x;
    for (let i = 0; i < 30; i++) long = binary('add', long, x);
    const vectors = (value: typeof x) => chooseTiling(elementwise([1000], at(1, [1]), value), WASM).vectors;
    expect([vectors(x), vectors(long)]).toEqual([4, 1]);
  });
});

describe('outputAxes', () => {
  it('are those along which the store moves', () => {
    expect(outputAxes(product(3, 4, 5))).toEqual([0, 1]);
    expect(outputAxes(elementwise([3, 4], at(1, [4, 1]), loadAt(0, [0, 0])))).toEqual([0, 1]);
  });
});
