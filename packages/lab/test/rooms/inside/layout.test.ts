import { describe, expect, it } from 'vitest';
import {
  layoutOf,
  markOf,
  numbersOf,
  parsePlace,
  pictureOf,
  placeAt,
  pointOf,
  printPlace,
  scaleOf,
  superscript,
  windowsOf,
} from '../../../src/rooms/inside/layout.ts';
import { writeSum } from '../../../src/rooms/inside/written.ts';

describe('how a layer is drawn', () => {
  it.each([[[28, 28, 6]], [[5, 1]], [[7, 4]], [[3, 4, 5, 2]], [[84]], [[10]], [[1]]])(
    'every number of %j has one point in one picture',
    (shape) => {
      const layout = layoutOf(shape);
      const size = shape.reduce((product, extent) => product * extent, 1);
      const values = Float32Array.from({ length: size }, (_, i) => i + 1);
      const seen = new Set<number>();
      for (let map = 0; map < layout.maps; map++) {
        const picture = pictureOf(values, layout, map);
        for (let row = 0; row < layout.rows; row++) {
          for (let column = 0; column < layout.columns; column++) {
            const place = placeAt(shape, map, row, column);
            if (!place) {
              expect(picture[row * layout.columns + column]).toBe(0);
              continue;
            }
            const index = place.reduce((sum, at, d) => sum * shape[d]! + at, 0);
            expect(picture[row * layout.columns + column]).toBe(values[index]);
            expect(pointOf(shape, place)).toEqual({ row, column });
            expect(parsePlace(printPlace(place), shape)).toEqual(place);
            seen.add(index);
          }
        }
      }
      expect(seen.size).toBe(size);
      expect(placeAt(shape, 0, layout.rows, 0)).toBeUndefined();
    },
  );

  it('marks a box on the maps it reaches, and no other', () => {
    const box = { shape: [14, 14, 6], low: [4, 5, 2], high: [8, 9, 3] };
    expect(markOf(box, 2)).toEqual({ row: 4, column: 5, rows: 5, columns: 5 });
    expect(markOf(box, 1)).toBeUndefined();
    expect(markOf({ shape: [84], low: [0], high: [83] }, 0)).toEqual({
      row: 0,
      column: 0,
      rows: 28,
      columns: 3,
    });
    expect(markOf({ shape: [84], low: [4], high: [4] }, 0)).toEqual({
      row: 1,
      column: 1,
      rows: 1,
      columns: 1,
    });
  });

  it.each(['', '1,2', '28,0,0', '0,-1,0', '0,0.5,0', 'a,b,c', null])('takes %j for no place', (text) => {
    expect(parsePlace(text, [28, 28, 6])).toBeUndefined();
  });
});

describe('windows', () => {
  it('are sorted by channel, row and column, wherever the terms come from', () => {
    const places = [
      [1, 1, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 0],
    ];
    const [first, second] = windowsOf(places);
    expect(numbersOf(first!, (i) => i)).toEqual([
      [4, 1],
      [3, 0],
    ]);
    expect(second).toEqual({ channel: 1, rows: [[2]] });
  });

  it('of a vector are lines of sixteen', () => {
    const [only] = windowsOf(Array.from({ length: 45 }, (_, i) => [i]));
    expect(only!.rows.map((row) => row.length)).toEqual([16, 16, 13]);
  });
});

describe('numbers in words', () => {
  it('writes the products of most weight, and what the others come to', () => {
    const products = [1, -4, 0, 2].map((left) => ({ left, right: -0.5, product: -0.5 * left }));
    expect(writeSum(products, 4)).toEqual({
      text: '1·(−0.5) + (−4)·(−0.5) + 0·(−0.5) + 2·(−0.5)',
      left: 0,
      rest: 0,
    });
    expect(writeSum(products, 2)).toEqual({ text: '(−4)·(−0.5) + 2·(−0.5)', left: 2, rest: -0.5 });
  });

  it('gives small numbers a power of ten of their own', () => {
    expect(scaleOf(2).round(0.126)).toBe(0.13);
    const scale = scaleOf(4.2e-6);
    expect(scale.power).toBe(-6);
    expect(scale.round(-1.234e-6)).toBe(-1.23);
    expect(scaleOf(0).power).toBe(0);
    expect(superscript(-12)).toBe('⁻¹²');
  });
});
