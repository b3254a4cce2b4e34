import { describe, expect, it } from 'vitest';
import {
  acc,
  binary,
  type Expr,
  float,
  fma,
  index,
  int,
  load,
  mapLeaves,
  operandsOf,
  operationCount,
  select,
  unary,
  walk,
} from '../../src/ir/expr.ts';
import { scalarOf } from '../support/lowering.ts';

const x = load({ buffer: 0, offset: 0, strides: [1] }, 'float32');
const y = load({ buffer: 1, offset: 0, strides: [1] }, 'float32');

describe('expr', () => {
  it('gives every operation its type', () => {
    expect(binary('add', x, y).dtype).toBe('float32');
    expect(binary('add', int(1), int(2)).dtype).toBe('int32');
    for (const op of ['eq', 'lt', 'le'] as const) expect(binary(op, x, y).dtype).toBe('bool');
    expect(unary('toInt', x).dtype).toBe('int32');
    expect(unary('bits', x).dtype).toBe('int32');
    expect(unary('fromBits', int(0)).dtype).toBe('float32');
    expect(unary('toFloat', int(0)).dtype).toBe('float32');
    expect(unary('not', binary('lt', x, y)).dtype).toBe('bool');
    expect(unary('neg', int(3)).dtype).toBe('int32');
    expect(fma(x, y, x).dtype).toBe('float32');
    expect(select(binary('lt', x, y), int(1), int(2)).dtype).toBe('int32');
    expect(index({ offset: 0, coefficients: [] }).dtype).toBe('int32');
    expect(acc('float32').dtype).toBe('float32');
  });

  it('wraps integer constants to 32 bits', () => {
    expect(int(2 ** 31)).toMatchObject({ value: -(2 ** 31) });
    expect(int(0x1bd11bdaf)).toMatchObject({ value: 0x1bd11bdaf | 0 });
  });

  it('lists operands in order', () => {
    const condition = binary('lt', x, y);
    expect(operandsOf(select(condition, x, y))).toEqual([condition, x, y]);
    expect(operandsOf(fma(x, y, float(1)))).toEqual([x, y, float(1)]);
    expect(operandsOf(x)).toEqual([]);
  });

  it('visits every node of a shared graph once, operands first', () => {
    let e: Expr = x;
    for (let i = 0; i < 200; i++) e = binary('add', e, e);
    const seen: Expr[] = [];
    walk(e, (node) => seen.push(node));
    expect(seen).toHaveLength(201);
    expect(seen[0]).toBe(x);
    expect(seen.at(-1)).toBe(e);
    expect(operationCount(e)).toBe(200);
  });

  it('replaces leaves and keeps sharing', () => {
    const shared = binary('mul', x, y);
    const e = fma(shared, shared, select(binary('lt', x, float(0)), unary('neg', x), x));
    const replaced = mapLeaves(e, (leaf) => (leaf === x ? float(-3) : leaf === y ? float(2) : leaf));
    expect(scalarOf(replaced)).toBe(39);
    const [a, b] = operandsOf(replaced);
    expect(a).toBe(b);
    expect(operationCount(replaced)).toBe(operationCount(e));
  });

  it.each<[string, Expr, number]>([
    ['max passes NaN of its first operand on', binary('max', float(Number.NaN), float(1)), Number.NaN],
    ['max passes over NaN of its second', binary('max', float(1), float(Number.NaN)), 1],
    ['int32 products wrap', binary('mul', int(65537), int(65537)), 131073],
    ['shr is logical', binary('shr', int(-1), int(28)), 15],
    ['toInt truncates', unary('toInt', float(-2.9)), -2],
    ['toInt saturates', unary('toInt', float(1e20)), 2147483647],
    ['toInt takes NaN to 0', unary('toInt', float(Number.NaN)), 0],
    ['bits of 1', unary('bits', float(1)), 0x3f800000],
    ['fromBits of those', unary('fromBits', int(0x3f800000)), 1],
    ['floats are rounded to 32 bits', binary('add', float(1), float(1e-9)), 1],
  ])('means what its semantics state: %s', (_what, expr, value) => {
    expect(scalarOf(expr)).toBe(value);
  });
});
