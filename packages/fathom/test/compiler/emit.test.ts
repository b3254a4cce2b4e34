import { describe, expect, it } from 'vitest';
import { type AxisValue, Emitter, type TilePoint } from '../../src/compiler/emit.ts';
import type { Stmt } from '../../src/compiler/program.ts';
import { acc, binary, float, index } from '../../src/ir/expr.ts';
import { at, loadAt } from './support/nests.ts';
import { WASM } from './support/targets.ts';

/** Axis 0 stands at 3·v7, axis 1 (the lanes) at 10. */
const values: AxisValue[] = [
  { offset: 0, terms: [{ variable: 7, stride: 3 }] },
  { offset: 10, terms: [] },
];
const point = (lanes: number, first = 0): TilePoint => ({ offsets: new Map([[0, 2], [1, first]]), lanes }); // biome-ignore format: one line
const emitter = () => new Emitter(WASM, { vectorAxis: 1 });

describe('Emitter', () => {
  it('loads whole vectors of neighbours, also where fewer lanes are used', () => {
    const load = emitter().load(at(0, [100, 1], 5), 'float32', point(3), values);
    expect(load).toEqual({
      kind: 'load',
      dtype: 'float32',
      address: { buffer: 0, offset: 5 + 200 + 10, terms: [{ variable: 7, stride: 300 }] },
      stride: 1,
      lanes: 4,
    });
  });

  it('gathers no more lanes than are used, and repeats single elements', () => {
    expect(emitter().load(at(0, [1, -2], 50), 'float32', point(3), values)).toMatchObject({
      stride: -2,
      lanes: 3,
    });
    expect(emitter().load(at(0, [1, 0]), 'float32', point(3), values)).toMatchObject({
      stride: 0,
      address: { offset: 2, terms: [{ variable: 7, stride: 3 }] },
    });
  });

  it('adds products up with one operation', () => {
    const body = binary('mul', loadAt(0, [1, 0]), loadAt(1, [0, 1]));
    const [first, second] = emitter().accumulate(body, 'sum', [point(4), point(2, 4)], values, [8, 9]);
    expect(first).toMatchObject({
      register: 8,
      value: { kind: 'fma', c: { kind: 'register', register: 8 } },
    });
    expect(second).toMatchObject({ register: 9, value: { kind: 'fma' } });
    const operand = (s: Stmt | undefined) => s?.kind === 'assign' && s.value.kind === 'fma' && s.value.a;
    expect(operand(first), 'the repeated element is loaded once').toBe(operand(second));
  });

  it('keeps the accumulator first in a maximum, so that NaN of the body is passed over', () => {
    const [statement] = emitter().accumulate(loadAt(0, [0, 1]), 'max', [point(4)], values, [1]);
    expect(statement).toMatchObject({ value: { op: 'max', a: { kind: 'register' }, b: { kind: 'load' } } });
    expect(emitter().identity('max', 'float32')).toMatchObject({ value: Number.NEGATIVE_INFINITY });
    expect(emitter().identity('sum', 'int32')).toMatchObject({ value: 0, dtype: 'int32' });
  });

  it('loads what lies across the lanes in rows, and transposes a whole square of it, not a part', () => {
    const square = (count: number, lanes = 4) => {
      const value = binary('add', loadAt(0, [1, 50]), float(1));
      const points = Array.from({ length: count }, (_, i): TilePoint => {
        return { offsets: new Map([[0, i]]), lanes };
      });
      const stores = [{ access: at(1, [40, 1]), value, accumulate: false }];
      return new Emitter(WASM, { vectorAxis: 1, across: 0 }).stores(stores, points, values, []);
    };
    const [first, ...stores] = square(4);
    expect(first).toMatchObject({ kind: 'turn', registers: [0, 1, 2, 3] });
    const rows = first?.kind === 'turn' ? first.rows : [];
    expect(rows).toMatchObject(
      [0, 1, 2, 3].map((row) => ({ stride: 1, lanes: 4, address: { buffer: 0, offset: 500 + 50 * row } })),
    );
    expect(stores).toMatchObject(
      [0, 1, 2, 3].map((i) => ({ kind: 'store', value: { a: { kind: 'register', register: i } } })),
    );
    for (const part of [square(3), square(4, 3)]) {
      const gathered = { kind: 'store', value: { a: { kind: 'load', stride: 50 } } };
      expect(part).toMatchObject(part.map(() => gathered));
    }
  });

  it('computes all values before it writes the first, where a store changes what another reads', () => {
    const store = (to: number, from: number) => ({ access: at(to, [0, 1]), value: loadAt(from, [0, 1]), accumulate: false }); // biome-ignore format: one line
    const kinds = (...stores: ReturnType<typeof store>[]) =>
      emitter()
        .stores(stores, [point(4)], values, [])
        .map(({ kind }) => kind);
    expect(kinds(store(0, 1), store(1, 0))).toEqual(['assign', 'assign', 'store', 'store']);
    expect(kinds(store(2, 1), store(3, 0))).toEqual(['store', 'store']);
  });

  it('adds to what is there', () => {
    const stores = [{ access: at(1, [0, 1]), value: float(2), accumulate: true }];
    const [statement] = emitter().stores(stores, [point(3)], values, []);
    expect(statement).toMatchObject({
      kind: 'store',
      lanes: 3,
      value: { op: 'add', a: { kind: 'load', address: { buffer: 1 } }, b: { value: 2 } },
    });
  });

  it('puts positions together from loops, tiles and lanes', () => {
    const stores = [
      { access: at(1, [0, 1]), value: index({ offset: 1, coefficients: [5, 2] }), accumulate: false },
    ];
    const [statement] = emitter().stores(stores, [point(4)], values, []);
    expect(statement).toMatchObject({
      value: { kind: 'index', offset: 1 + 10 + 20, terms: [{ variable: 7, stride: 15 }], stride: 2 },
    });
  });

  it('refuses an accumulator where nothing is accumulated', () => {
    const stores = [{ access: at(1, [0, 1]), value: acc('float32'), accumulate: false }];
    expect(() => emitter().stores(stores, [point(4)], values, [])).toThrow('nothing is accumulated');
  });

  it('clears every element of a slice and none beyond', () => {
    for (const count of [1, 3, 4, 15, 16, 17, 31, 32, 45]) {
      const cleared: number[] = [];
      const visit = (statements: readonly Stmt[], shift: number) => {
        for (const s of statements) {
          if (s.kind === 'loop') for (let i = 0; i < s.count; i++) visit(s.body, 16 * i);
          if (s.kind === 'store') for (let lane = 0; lane < s.lanes; lane++) cleared.push(s.address.offset + shift + lane); // biome-ignore format: one line
        }
      };
      visit(emitter().clear(0, count, { offset: 2, terms: [] }, count), 0);
      expect(cleared.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => 2 * count + i));
    }
  });
});
