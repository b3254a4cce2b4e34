import { describe, expect, it } from 'vitest';
import { checkShape, formatShape, normalizeAxis, sameShape, sizeOf, stridesOf } from '../../src/ir/shape.ts';

describe('shape', () => {
  it('counts elements: a scalar has one, an empty axis makes none', () => {
    expect(sizeOf([])).toBe(1);
    expect(sizeOf([2, 3, 4])).toBe(24);
    expect(sizeOf([2, 0, 4])).toBe(0);
  });

  it('has row-major strides', () => {
    expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
    expect(stridesOf([])).toEqual([]);
    expect(stridesOf([5])).toEqual([1]);
  });

  it('compares rank and extents', () => {
    expect(sameShape([2, 3], [2, 3])).toBe(true);
    expect(sameShape([2, 3], [3, 2])).toBe(false);
    expect(sameShape([2], [2, 1])).toBe(false);
    expect(sameShape([], [])).toBe(true);
  });

  it('prints as messages show it', () => {
    expect(formatShape([2, 3])).toBe('[2,3]');
    expect(formatShape([])).toBe('[]');
  });

  it.each([[[-1]], [[1.5]], [[Number.NaN]], [[2, Infinity]], [[2 ** 53]]])('refuses %j', (shape) => {
    expect(() => checkShape(shape, 'layer dense_1')).toThrow('layer dense_1');
  });

  it('counts negative axes from the end', () => {
    expect(normalizeAxis(-1, 3, 'sum')).toBe(2);
    expect(normalizeAxis(0, 3, 'sum')).toBe(0);
    for (const axis of [3, -4, 0.5, Number.NaN]) {
      expect(() => normalizeAxis(axis, 3, 'sum')).toThrow(
        `sum: expected an axis in [-3, 2]; received ${axis}.`,
      );
    }
  });
});
