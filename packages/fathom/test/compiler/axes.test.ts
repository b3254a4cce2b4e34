import { describe, expect, it } from 'vitest';
import { accessesOf, loadsOf, normalizeAxes, reach } from '../../src/compiler/axes.ts';
import { acc, binary, float, index, unary } from '../../src/ir/expr.ts';
import { fuzzGraph } from './support/fuzz.ts';
import { at, elementwise, loadAt, lowered, memoryOf, product, reduction, runNests } from './support/nests.ts';

const axesOf = (nest: Parameters<typeof normalizeAxes>[0]) => normalizeAxes(nest).axes;

describe('normalizeAxes', () => {
  it('keeps what nests mean', () => {
    for (let seed = 3001; seed <= 3080; seed++) {
      const { graph } = fuzzGraph(seed, 60);
      const made = lowered(graph.outputs);
      const expected = runNests(made.nests, memoryOf(made, new Map()));
      const actual = runNests(made.nests.map(normalizeAxes), memoryOf(made, new Map()));
      expect(actual, `graph ${seed}`).toEqual(expected);
    }
  });

  it('drops axes of one point', () => {
    const nest = elementwise([1, 5, 1], at(1, [5, 2, 9], 3), loadAt(0, [5, 1, 1]));
    const result = normalizeAxes(nest);
    expect(result.axes).toEqual([5]);
    expect(result.stores[0]!.access).toEqual(at(1, [2], 3));
  });

  it('makes one axis of several where everything runs straight on', () => {
    expect(axesOf(elementwise([2, 3, 4], at(1, [12, 4, 1]), loadAt(0, [12, 4, 1])))).toEqual([24]);
    expect(axesOf(elementwise([2, 3, 4], at(1, [12, 4, 1]), loadAt(0, [0, 0, 0])))).toEqual([24]);
    expect(axesOf(elementwise([2, 3, 4], at(1, [12, 4, 1]), loadAt(0, [4, 8, 1])))).toEqual([2, 3, 4]);
    expect(axesOf(elementwise([2, 3, 4], at(1, [12, 4, 1]), loadAt(0, [0, 4, 1])))).toEqual([2, 12]);
    expect(axesOf(elementwise([2, 3, 4], at(1, [12, 4, 1]), loadAt(0, [12, 4, -1])))).toEqual([6, 4]);
  });

  it('orders the axes of a sum as its result lies in memory', () => {
    const body = binary('mul', loadAt(0, [5, 35, 1, 0]), loadAt(1, [0, 5, 1, 7]));
    const nest = normalizeAxes(reduction([7, 3, 5, 4], at(2, [4, 28, 0, 1]), body));
    expect(nest.axes).toEqual([3, 7, 5, 4]);
    expect(nest.stores[0]!.access.strides).toEqual([28, 4, 0, 1]);
    const [first] = loadsOf(nest);
    expect(first!.access.strides).toEqual([35, 5, 1, 0]);
  });

  it('looks at positions as it does at loads', () => {
    const position = (coefficients: number[]) => unary('toFloat', index({ offset: 0, coefficients }));
    expect(axesOf(elementwise([3, 4], at(0, [4, 1]), position([4, 1])))).toEqual([12]);
    expect(axesOf(elementwise([3, 4], at(0, [4, 1]), position([0, 1])))).toEqual([3, 4]);
  });

  it('keeps reduced axes apart from those of the result', () => {
    expect(axesOf(reduction([3, 4, 5], at(1, [1, 0, 0]), loadAt(0, [20, 5, 1])))).toEqual([3, 20]);
    expect(axesOf(product(3, 4, 5))).toEqual([3, 4, 5]);
    expect(axesOf(product(1, 4, 5))).toEqual([4, 5]);
  });

  it('leaves axes alone that are entangled or divided into tasks', () => {
    const nest = elementwise([2, 3, 4], at(1, [12, 4, 1]), loadAt(0, [12, 4, 1]));
    expect(axesOf({ ...nest, entangled: [1] })).toEqual([2, 3, 4]);
    expect(axesOf({ ...nest, tasks: 0 })).toEqual([2, 12]);
    expect(normalizeAxes({ ...nest, axes: [1, 3, 4], entangled: [1] }).entangled).toEqual([0]);
  });
});

describe('reach', () => {
  it('is the first and the last element, whatever the sign of strides', () => {
    expect(reach(at(0, [5, -1], 4), [3, 5])).toEqual({ low: 0, high: 14 });
    expect(reach(at(0, [], 7), [])).toEqual({ low: 7, high: 7 });
  });
});

describe('loadsOf', () => {
  it('finds shared loads once, in bodies and in what is stored', () => {
    const [x, y] = [loadAt(0, [1, 0]), loadAt(3, [1, 0])];
    const body = binary('mul', x, x);
    const nest = reduction([3, 4], at(1, [1, 0]), body);
    const both = { ...nest, stores: [{ ...nest.stores[0]!, value: binary('add', binary('mul', acc('float32'), float(2)), y) }] }; // biome-ignore format: one line
    expect(loadsOf(both)).toEqual([x, y]);
    expect(accessesOf(both).map(({ buffer }) => buffer)).toEqual([0, 3, 1]);
  });
});
