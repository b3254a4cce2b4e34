import { describe, expect, it } from 'vitest';
import { factor, formatCount, formatNumber, parseMatrix, printMatrix } from '../src/views/matrix.ts';

describe('matrices as text', () => {
  it('are read in several forms', () => {
    expect(parseMatrix('1 2 / 3 −4')).toEqual([
      [1, 2],
      [3, -4],
    ]);
    expect(parseMatrix('1,2;0.5\n3, 4, 5e-1\n')).toEqual([
      [1, 2, 0.5],
      [3, 4, 0.5],
    ]);
    expect(printMatrix(parseMatrix('1 2 / 3 -0'))).toBe('1 2 / 3 0');
  });

  it('say what is wrong', () => {
    expect(() => parseMatrix('')).toThrow(/received nothing/);
    expect(() => parseMatrix('1 2 / 3')).toThrow(
      'Expected 2 numbers in every row, as in the first; row 2 has 1.',
    );
    expect(() => parseMatrix('1 two')).toThrow('“two”');
    expect(() => parseMatrix('1 Infinity')).toThrow('“Infinity”');
  });
});

it('numbers are written for people', () => {
  expect(formatNumber(-1.005)).toBe('−1');
  expect(formatNumber(0.1 + 0.2)).toBe('0.3');
  expect(formatNumber(0.0001234)).toBe('1.23·10⁻⁴');
  expect(formatNumber(-25e9)).toBe('−2.5·10¹⁰');
  expect(formatNumber(Number.NaN)).toBe('NaN');
  expect(formatNumber(-Infinity)).toBe('−∞');
  expect(formatCount(1000403)).toBe('1\u2009000\u2009403');
  expect(factor(-2)).toBe('(−2)');
});
