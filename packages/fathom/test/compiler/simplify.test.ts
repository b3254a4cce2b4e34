import { describe, expect, it } from 'vitest';
import { printExpr } from '../../src/compiler/print.ts';
import { rewriteGraph, shareEqualNodes, simplifyNest } from '../../src/compiler/simplify.ts';
import { acc, binary, type Expr, float, fma, load, select, unary } from '../../src/ir/expr.ts';
import { topologicalOrder } from '../../src/ir/graph.ts';
import { type Tensor, Variable } from '../../src/ir/tensor.ts';
import {
  add,
  constant,
  contract,
  full,
  input,
  iota,
  multiply,
  negative,
  pad,
  read,
  sum,
} from '../../src/ops/index.ts';
import { scalarOf } from '../support/lowering.ts';
import { seeded } from '../support/random.ts';
import { fuzzGraph } from './support/fuzz.ts';
import { graphOf } from './support/machine.ts';
import { at, elementwise, loadAt, lowered, memoryOf, reduction, runNests } from './support/nests.ts';

const x = load(at(0, [1]), 'float32');
const simple = (value: Expr) => simplifyNest(elementwise([4], at(1, [1]), value)).stores[0]!.value;
const text = (value: Expr) => printExpr(simple(value));

describe('simplifyNest', () => {
  it('drops neutral elements', () => {
    for (const value of [
      binary('mul', x, float(1)),
      binary('mul', float(1), x),
      binary('div', x, float(1)),
      binary('add', x, float(0)),
      binary('add', float(0), x),
      binary('sub', x, float(0)),
      select(binary('lt', x, float(0)), x, x),
    ]) {
      expect(simple(value)).toBe(x);
    }
  });

  it('takes x + 0 for x, also where that keeps the sign of −0', () => {
    expect(simple(binary('add', x, float(0)))).toBe(x);
    expect(simple(binary('add', x, float(-0)))).toBe(x);
  });

  it('keeps what NaN and infinities make different', () => {
    expect(text(binary('mul', x, float(0)))).toBe('mul(b0[1*i0], 0)');
    expect(text(binary('sub', x, x))).toBe('sub(b0[1*i0], b0[1*i0])');
    expect(text(binary('div', x, x))).toBe('div(b0[1*i0], b0[1*i0])');
    expect(text(binary('sub', float(0), x))).toBe('sub(0, b0[1*i0])');
    expect(text(select(binary('eq', x, x), x, float(0)))).toBe('select(eq(b0[1*i0], b0[1*i0]), b0[1*i0], 0)');
  });

  it('folds constants as float32 computes them', () => {
    const random = seeded(5);
    const values = [0, -0, 1, Number.NaN, Infinity, -Infinity, 1e30, -3e38, 1e-40, 0.1];
    for (let i = 0; i < 20; i++) values.push((2 * random() - 1) * 10 ** (20 * random() - 10));
    for (const op of ['add', 'sub', 'mul', 'div'] as const) {
      for (const a of values) {
        for (const b of values) {
          const exact = scalarOf(binary(op, float(Math.fround(a)), float(Math.fround(b))));
          const folded = simple(binary(op, float(a), float(b)));
          const got = folded.kind === 'const' ? Math.fround(folded.value) : scalarOf(folded);
          const signless = got === 0 && exact === 0;
          expect(signless || Object.is(got, exact), `${op}(${a}, ${b}): ${got}, ${exact}`).toBe(true);
        }
      }
    }
  });

  it('divides by a power of two by multiplying, and by nothing else', () => {
    expect(text(binary('div', x, float(8)))).toBe('mul(b0[1*i0], 0.125)');
    expect(text(binary('div', x, float(-0.25)))).toBe('mul(b0[1*i0], -4)');
    for (const divisor of [3, 0, Number.NaN, Infinity, 2 ** 126, 1 + 2 ** -23]) {
      expect(simple(binary('div', x, float(divisor)))).toMatchObject({ op: 'div' });
    }
  });

  it('makes a product and a sum one operation', () => {
    const y = load(at(2, [1]), 'float32');
    expect(text(binary('add', binary('mul', x, y), y))).toBe(printExpr(fma(x, y, y)));
    expect(text(binary('add', y, binary('mul', x, y)))).toBe(printExpr(fma(x, y, y)));
    expect(text(binary('sub', binary('mul', x, y), y))).toBe('sub(mul(b0[1*i0], b2[1*i0]), b2[1*i0])');
  });

  it('leaves integers as they are', () => {
    const n = load(at(0, [1]), 'int32');
    const zero: Expr = { kind: 'const', dtype: 'int32', value: 0 };
    const product = binary('mul', n, n);
    expect(simple(binary('add', product, n))).toEqual(binary('add', product, n));
    expect(simple(binary('add', n, zero))).toEqual(binary('add', n, zero));
  });

  it('keeps what is shared shared', () => {
    let value: Expr = unary('neg', binary('mul', x, float(1)));
    for (let i = 0; i < 100; i++) value = binary('mul', value, value);
    const result = simple(value);
    expect(result.kind === 'binary' && result.a === result.b).toBe(true);
  });

  it('sums over nothing are 0, and what follows is kept', () => {
    const nest = reduction([3, 0], at(1, [1, 0]), loadAt(0, [0, 1]));
    const value = binary('add', acc('float32'), loadAt(2, [1, 0]));
    const { axes, reduce, stores } = simplifyNest({ ...nest, stores: [{ ...nest.stores[0]!, value }] });
    expect([axes, reduce, printExpr(stores[0]!.value)]).toEqual([[3, 1], undefined, 'b2[1*i0]']);
  });

  it('keeps what nests mean', () => {
    for (let seed = 4001; seed <= 4060; seed++) {
      const made = lowered(fuzzGraph(seed, 60).graph.outputs);
      const expected = runNests(made.nests, memoryOf(made, new Map()));
      const actual = runNests(made.nests.map(simplifyNest), memoryOf(made, new Map()));
      actual.forEach((values, buffer) => {
        values.forEach((value, i) => {
          const near = Math.abs(value - expected[buffer]![i]!) <= 1e-4 * Math.max(1, Math.abs(value));
          expect(near || Object.is(value, expected[buffer]![i]), `graph ${seed}`).toBe(true);
        });
      });
    }
  });
});

const countOf = (...outputs: Tensor[]) => topologicalOrder(shareEqualNodes(graphOf(outputs)).outputs).length;

describe('shareEqualNodes', () => {
  const a = input('a', [4]);

  it('makes equal computations once, however deep', () => {
    const build = () => multiply(add(a, 1), negative(a));
    expect(countOf(build(), build(), add(build(), build()))).toBe(countOf(build()) + 1);
  });

  it('reads a variable once, and keeps inputs and constants apart', () => {
    const v = new Variable('v', [4], 'float32', new Float32Array(4));
    expect(countOf(read(v), read(v))).toBe(1);
    const w = new Variable('v', [4], 'float32', new Float32Array(4));
    expect(countOf(read(v), read(w))).toBe(2);
    expect(countOf(input('a', [4]), input('a', [4]))).toBe(2);
    expect(countOf(constant([1]), constant([1]))).toBe(2);
  });

  it('tells attributes apart that print alike', () => {
    expect(countOf(full([2], 0), full([2], -0), full([2], Number.NaN), full([2], Infinity))).toBe(4);
    expect(countOf(full([2], 1), full([2], 1, 'int32'), full([2, 1], 1), full([1, 2], 1))).toBe(4);
    expect(countOf(iota([2, 2], 0), iota([2, 2], 1))).toBe(2);
    const padded = (value: number) => pad(a, { low: [1], high: [0], value });
    expect(countOf(padded(Infinity), padded(-Infinity), padded(0), padded(-0))).toBe(5);
    const copy = (extent: number) =>
      contract(a, constant([1]), { axes: [{ name: 'i', size: 4 }], a: [[[0, 1]]], b: [[]], out: [[[0, 1]]], shape: [extent] }); // biome-ignore format: one line
    const one = copy(4);
    const other = contract(a, one.inputs[1]!, { axes: [{ name: 'i', size: 4 }], a: [[[0, 1]]], b: [[]], out: [[[0, 1]]], shape: [6] }); // biome-ignore format: one line
    expect(countOf(one, other)).toBe(4);
  });
});

describe('rewriteGraph', () => {
  const a = input('a', [4]);

  it('replaces nodes, and what is made of them', () => {
    const y = sum(negative(negative(a)));
    const doubled = (node: Tensor) => {
      const [inner] = node.inputs;
      return node.op.name === 'negative' && inner?.op.name === 'negative' ? inner.inputs[0] : undefined;
    };
    const { outputs } = rewriteGraph(graphOf([y, negative(negative(negative(a)))]), [doubled]);
    expect(outputs.map((output) => output.inputs[0])).toEqual([a, a]);
  });

  it('leaves a graph as it is when nothing fits', () => {
    const y = sum(a);
    expect(rewriteGraph(graphOf([y]), [() => undefined]).outputs[0]).toBe(y);
  });

  it('takes the first rewrite that knows a node', () => {
    const y = negative(a);
    const to = (value: number) => (node: Tensor) => (node === y ? full([4], value) : undefined);
    const { outputs } = rewriteGraph(graphOf([y]), [() => undefined, to(1), to(2)]);
    expect(outputs[0]!.attrs).toMatchObject({ value: 1 });
  });
});
