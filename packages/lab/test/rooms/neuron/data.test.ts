import { describe, expect, it } from 'vitest';
import { EXTENT, parseTable, pointsOf, printPoints, readPoints } from '../../../src/rooms/neuron/data.ts';

describe('data', () => {
  it('tables are read, with or without a heading', () => {
    const table = parseTable('height;weight;class\n180;80;1\n\n160;55;0\n170;60;0\n', 3);
    expect(table).toEqual({
      rows: [
        [180, 80, 1],
        [160, 55, 0],
        [170, 60, 0],
      ],
      headings: 1,
    });
    const points = pointsOf(table);
    expect(points.map(({ label }) => label)).toEqual([1, 0, 0]);
    expect(points.reduce((sum, { x }) => sum + x, 0)).toBeCloseTo(0, 12);
  });

  it('tables that are none are told why', () => {
    expect(() => parseTable('', 3)).toThrow(/received nothing/);
    expect(() => parseTable('1,2,3\n1,two,3', 3)).toThrow('Line 2: expected 3 numbers; received “1,two,3”.');
    expect(() => parseTable('x '.repeat(1_500_000), 3)).toThrow(/takes up to 2000000/);
    expect(() => parseTable('1 2 3\n'.repeat(2001), 3)).toThrow(/2001 rows/);
    expect(() => pointsOf(parseTable('1 2 3\n4 5 3', 3))).toThrow(/two classes/);
  });

  it('points come back from a link', () => {
    const points = [
      { x: 1.5, y: -2, label: 1 as const },
      { x: 0, y: 3.5, label: 0 as const },
    ];
    expect(readPoints(printPoints(points))).toEqual(points);
    expect(readPoints('1 2 7,x,9 9 1')).toEqual([{ x: EXTENT, y: EXTENT, label: 1 }]);
  });
});
