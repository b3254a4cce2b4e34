import { describe, expect, it } from 'vitest';
import { columnsOf, edgesOf } from '../../../src/rooms/inside/graph.ts';
import { parseValues, printValues } from '../../../src/rooms/inside/values.ts';
import { insert } from '../../../src/rooms/inside/written.ts';

const layer = (id: string, ...from: string[]) => ({ id, from });

describe('a network with branches', () => {
  const layers = [
    layer('x'),
    layer('a', 'x'),
    layer('b', 'a'),
    layer('side', 'x'),
    layer('add', 'b', 'x'),
    layer('join', 'add', 'side', 'x'),
  ];

  it('has each layer one column behind the last of those it takes from', () => {
    expect(columnsOf(layers).map((column) => column.map(({ id }) => id))).toEqual([
      ['x'],
      ['a', 'side'],
      ['b'],
      ['add'],
      ['join'],
    ]);
  });

  it('draws every connection once, and none over another', () => {
    const edges = edgesOf(layers);
    expect(edges).toHaveLength(layers.reduce((sum, { from }) => sum + from.length, 0));
    const depth = new Map(columnsOf(layers).flatMap((column, i) => column.map(({ id }) => [id, i] as const)));
    const long = edges.filter(({ from, to }) => depth.get(to)! - depth.get(from)! > 1);
    for (const edge of edges) expect(edge.lane > 0).toBe(long.includes(edge));
    for (const one of long) {
      for (const other of long) {
        if (one === other || one.lane !== other.lane) continue;
        const apart =
          depth.get(one.to)! <= depth.get(other.from)! || depth.get(other.to)! <= depth.get(one.from)!;
        expect(apart).toBe(true);
      }
    }
  });
});

describe('the numbers of a sample', () => {
  it('stand in a link', () => {
    expect(parseValues(printValues([0.1, -2, 3e-7]))).toEqual([0.1, -2, 3e-7]);
    expect(parseValues('1,x')).toBeUndefined();
    expect(parseValues('')).toBeUndefined();
  });
});

describe('a formula with its numbers', () => {
  it('has them in the places of its letters', () => {
    expect(insert('y = x₁ + x₂', { 'x₁': 2, 'x₂': -0.5 })).toBe('y = 2 + (−0.5)');
    expect(insert('y = max(x₁, x₂)', { 'x₁': 2, 'x₂': 3 })).toBe('y = max(2, 3)');
    const numbers = { gamma: 2, x: 3, mean: 1, variance: 4, epsilon: 0.001, beta: 1 };
    expect(insert('y = gamma·(x − mean) / √(variance + epsilon) + beta', numbers)).toBe(
      'y = 2·(3 − 1) / √(4 + 0.001) + 1',
    );
  });

  it('is left alone where one is not known', () => {
    expect(insert('h = o·tanh(c)', { o: 1 })).toBeUndefined();
  });
});
