import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { Nest } from '../../src/compiler/nest.ts';
import { splitPrepared } from '../../src/compiler/prepare.ts';
import { matmul } from '../../src/functional/index.ts';
import { load } from '../../src/ir/expr.ts';
import { Variable } from '../../src/ir/tensor.ts';
import { add, input, read, transpose } from '../../src/ops/index.ts';
import { WASM } from './support/targets.ts';

const [FIXED, CHANGING] = [0, 1];
const sourceOf = (buffer: number) =>
  buffer === FIXED ? 'fixed' : buffer === CHANGING ? 'changing' : undefined;

const copy = (from: number, to: number): Nest => ({
  name: `${from} to ${to}`,
  axes: [8],
  stores: [
    {
      access: { buffer: to, offset: 0, strides: [1] },
      value: load({ buffer: from, offset: 0, strides: [1] }, 'float32'),
      accumulate: false,
    },
  ],
  entangled: [],
});
const names = (nests: readonly Nest[]) => splitPrepared(nests, sourceOf).prepared.map(({ name }) => name);

describe('splitPrepared', () => {
  it('takes what depends on fixed buffers, directly or not, and nothing else', () => {
    const nests = [copy(FIXED, 2), copy(CHANGING, 3), copy(2, 4), copy(3, 5), copy(4, 6)];
    expect(names(nests)).toEqual(['0 to 2', '2 to 4', '4 to 6']);
    expect(splitPrepared(nests, sourceOf).others).toEqual([nests[1], nests[3]]);
  });

  it('leaves what writes a variable, what others write too, what is repeated, and what reads nothing', () => {
    const { stores, ...nothing } = copy(FIXED, 2);
    const zeros = {
      ...nothing,
      stores: [{ ...stores[0]!, value: { kind: 'const', dtype: 'float32', value: 0 } as const }],
    };
    expect(names([copy(FIXED, CHANGING)])).toEqual([]);
    expect(names([copy(FIXED, 2), copy(CHANGING, 2)])).toEqual([]);
    expect(names([{ ...copy(FIXED, 2), loop: { count: 2 } }])).toEqual([]);
    expect(names([zeros])).toEqual([]);
  });
});

describe('a compiled program', () => {
  it('prepares what depends on variables that it does not update', () => {
    const weights = new Variable('weights', [24, 40], 'float32', new Float32Array(960));
    const x = input('x', [32, 40]);
    // The weights are copied in the order in which vectors read them.
    const y = matmul(x, transpose(read(weights), [1, 0]));
    const update = { variable: weights, value: add(read(weights), 1) };
    const prepared = compile({ inputs: [x], outputs: [y], updates: [] }, WASM);
    expect(prepared.prepared).toBe(1);
    expect(prepared.launches.map(({ name }) => name)).toEqual(['contract.pack', 'contract']);
    expect(compile({ inputs: [x], outputs: [y], updates: [update] }, WASM).prepared).toBe(0);
  });
});
