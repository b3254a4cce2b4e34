import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { compile } from '../../src/compiler/compile.ts';
import { printProgram } from '../../src/compiler/print.ts';
import { matmul } from '../../src/functional/index.ts';
import { type NumericArray, type Tensor, Variable } from '../../src/ir/tensor.ts';
import {
  add,
  gather,
  input,
  multiply,
  read,
  reshape,
  scatterAdd,
  subtract,
  sum,
  tanh,
  transpose,
} from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { backends } from '../support/backends.ts';
import { expectSameBits } from '../support/compare.ts';
import { plain } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { graphOf, simulate } from './support/machine.ts';
import { WASM } from './support/targets.ts';

const random = seeded(11);
const floats = (size: number) => Float32Array.from({ length: size }, () => 2 * random() - 1);
const ints = (size: number, low: number, high: number) =>
  Int32Array.from({ length: size }, () => low + Math.floor(random() * (high - low)));

const table = input('table', [50, 37]);
const index = input('index', [9, 40], 'int32');
const x = input('x', [9, 40, 37]);
const feeds = new Map<Tensor, ArrayLike<number>>([
  [table, floats(table.size)],
  // Some outside, and every row met by many.
  [index, ints(index.size, -2, 53)],
  [x, floats(x.size)],
]);

/** Places that are computed, alone and fused with what comes before and after them. */
const GRAPHS: readonly (readonly [string, readonly Tensor[]])[] = [
  ['rows', [gather(table, index, { fill: 0 })]],
  ['rows, fused', [tanh(add(gather(multiply(table, 2), index, { fill: 0 }), x))]],
  ['rows of a transposed table', [gather(transpose(table), index, { axis: 1, fill: 0 })]],
  ['single elements', [gather(reshape(table, [50 * 37]), index, { fill: 0 })]],
  ['rows, summed', [sum(gather(table, index, { fill: 0 }), [0, 1])]],
  ['a product with rows', [matmul(gather(table, index, { fill: 0 }), transpose(table))]],
  ['added rows', [scatterAdd(index, multiply(x, 3), { axis: 0, extent: 50 })]],
  ['added rows, used', [subtract(table, scatterAdd(index, x, { axis: 0, extent: 50 }))]],
  ['added elements', [scatterAdd(index, reshape(sum(x, -1), [9, 40]), { axis: 0, extent: 50 })]],
  [
    'added columns',
    [scatterAdd(index, reshape(transpose(x, [2, 0, 1]), [37, 9, 40]), { axis: 1, extent: 50 })],
  ],
];

describe('places that are computed', () => {
  it.each(GRAPHS)('%s: no load or store leaves its buffer, and no two threads meet', async (_, outputs) => {
    const program = compile(graphOf(outputs, feeds), WASM);
    const expected = await evaluate(outputs, feeds, plain);
    for (const byTask of [false, true]) {
      const simulated = simulate(program, feeds, byTask);
      simulated.outputs.forEach((values, i) => {
        values.forEach((value, at) => {
          expect(Math.abs(value - expected[i]![at]!)).toBeLessThan(1e-4);
        });
      });
    }
  });

  it('are printed', () => {
    const text = printProgram(compile(graphOf([GRAPHS[6]![1][0]!], feeds), WASM));
    expect(text).toMatch(/b\d+\[.*37\*min\(max\(/);
  });

  it('do not write over a table that is still read', () => {
    const variable = new Variable('table', [6], 'float32', Float32Array.from([1, 2, 3, 4, 5, 6]));
    const order = input('order', [6], 'int32');
    const value = gather(read(variable), order, { fill: 0 });
    const given = new Map([[order, Int32Array.from([5, 4, 3, 2, 1, 0])]]);
    const program = compile({ inputs: [order], outputs: [], updates: [{ variable, value }] }, WASM);
    expect(simulate(program, given).updates[0]).toEqual([6, 5, 4, 3, 2, 1]);
  });
});

describe.each(backends.filter(({ missing }) => missing === undefined))('on $name', ({ threads, make }) => {
  let instances: Backend[] = [];
  beforeAll(async () => {
    instances = await Promise.all(threads.map(make));
  });
  afterAll(async () => {
    for (const backend of instances) await backend.dispose();
  });

  it.each(GRAPHS)('%s: the same bits for any number of threads', async (_, outputs) => {
    const results: NumericArray[][] = [];
    for (const backend of instances) results.push(await evaluate(outputs, feeds, backend));
    expect(results[0]![0]!.some((value) => value !== 0)).toBe(true);
    results.slice(1).forEach((values, n) => {
      values.forEach((value, i) => {
        expectSameBits(value, results[0]![i]!, `output ${i} with ${threads[n + 1]} threads`);
      });
    });
  });
});
