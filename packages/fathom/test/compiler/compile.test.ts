import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { compile } from '../../src/compiler/compile.ts';
import type { Graph } from '../../src/compiler/program.ts';
import { matmul, relu } from '../../src/functional/index.ts';
import { type Tensor, Variable } from '../../src/ir/tensor.ts';
import {
  add,
  concat,
  constant,
  divide,
  flip,
  full,
  input,
  less,
  multiply,
  pad,
  read,
  reshape,
  slice,
  subtract,
  sum,
  transpose,
  where,
} from '../../src/ops/index.ts';
import { load } from '../../src/runtime.ts';
import { plain } from '../support/differences.ts';
import { graphOf, simulate } from './support/machine.ts';
import { WASM } from './support/targets.ts';

/** A variable of seven elements, so that vectors have a tail. */
const N = 7;
const variable = (name: string, first: number) =>
  new Variable(
    name,
    [N],
    'float32',
    Float32Array.from({ length: N }, (_, i) => first + i),
  );

/** Graphs over variables a = 1…7, b = 11…17, c = 21…27 and an input x, written as what becomes of what. */
const UPDATES: [string, (a: Tensor, b: Tensor, c: Tensor, x: Tensor) => Partial<Record<Name, Tensor>>][] = [
  ['two change places', (a, b) => ({ a: b, b: a })],
  ['three change places', (a, b, c) => ({ a: b, b: c, c: a })],
  ['one takes the old value of another, which is updated in place', (_a, b) => ({ a: b, b: add(b, 1) })],
  ['the same the other way round', (_a, b) => ({ b: add(b, 1), a: b })],
  ['a reversed old value of one that is updated', (_a, b) => ({ a: flip(b, [0]), b: add(b, 1) })],
  ['each from the other', (a, b) => ({ a: add(b, 1), b: multiply(a, 2) })],
  ['each from both', (a, b) => ({ a: add(a, b), b: subtract(a, b) })],
  ['itself', (a) => ({ a })],
  ['itself through another shape', (a) => ({ a: reshape(reshape(a, [N, 1]), [N]) })],
  ['its own reverse', (a) => ({ a: flip(a, [0]) })],
  ['its neighbours', (a) => ({ a: concat([slice(a, [1], [N - 1]), slice(a, [0], [1])], 0) })],
  ['its own middle between zeros', (a) => ({ a: pad(slice(a, [1], [N - 2]), { low: [1], high: [1] }) })],
  [
    'its own middle between fives',
    (a) => ({ a: pad(slice(a, [1], [N - 2]), { low: [1], high: [1], value: 5 }) }),
  ],
  ['a sum over itself', (a) => ({ a: add(a, sum(a)) })],
  ['a product with itself', (a) => ({ a: reshape(matmul(outer(a), reshape(a, [N, 1])), [N]) })],
  ['a bias that is its own', (a, b) => ({ a: add(reshape(matmul(outer(b), reshape(b, [N, 1])), [N]), a) })],
  ['a constant', () => ({ a: constant([9, 8, 7, 6, 5, 4, 3]) })],
  ['one number everywhere', () => ({ a: full([N], 3), b: full([N], 3) })],
  ['an input', (_a, _b, _c, x) => ({ a: x })],
  ['one value for two', (a, b) => ({ a: add(a, b), b: add(a, b) })],
  ['the new value of another', (a, b) => ({ a: add(a, 1), b: add(add(a, 1), b), c: add(add(a, 1), 1) })],
  ['a chain of new values', (a, b, c) => ({ c: add(c, add(b, a)), b: add(b, a), a: multiply(a, 2) })],
  ['a selection by its own sign', (a, b) => ({ a: where(less(a, 4), b, a), b: where(less(a, 4), a, b) })],
];
type Name = 'a' | 'b' | 'c';

const outer = (a: Tensor) => multiply(reshape(a, [N, 1]), reshape(a, [1, N]));

function build(make: (typeof UPDATES)[number][1], outputs: (old: Tensor[], now: Tensor[]) => Tensor[]) {
  const variables = { a: variable('a', 1), b: variable('b', 11), c: variable('c', 21) };
  const x = input('x', [N]);
  const old = [read(variables.a), read(variables.b), read(variables.c)] as const;
  const made = make(...old, x);
  const updates = (Object.keys(made) as Name[]).map((name) => ({
    variable: variables[name],
    value: made[name]!,
  }));
  const graph: Graph = {
    inputs: [x],
    outputs: outputs([...old], updates.map(({ value }) => value)), // biome-ignore format: one line
    updates,
  };
  return { graph, x, variables: Object.values(variables) };
}

const X = Float32Array.of(5, -1, 0, 2, 4, 8, 16);

async function runTwice(backend: Backend, built: ReturnType<typeof build>): Promise<number[][]> {
  const executable = await load(built.graph, backend);
  executable.write(0, X);
  const results: number[][] = [];
  for (let run = 0; run < 2; run++) {
    await executable.run();
    for (let i = 0; i < built.graph.outputs.length; i++) results.push(Array.from(await executable.read(i)));
    for (const v of built.variables) results.push(Array.from(await v.read()));
  }
  executable.dispose();
  return results;
}

describe('updates of variables', () => {
  let wasm: Backend;
  beforeAll(async () => {
    wasm = await wasmBackend({ threads: 1 });
  });
  afterAll(() => wasm.dispose());

  it.each(UPDATES)('%s', async (_name, make) => {
    const variants: ((old: Tensor[], now: Tensor[]) => Tensor[])[] = [
      () => [],
      (old) => old,
      (_old, now) => now,
      (old, now) => [...now.map((v) => reshape(v, [1, N])), ...old.map((v) => add(v, 0.5))],
      (old, now) => [...old.map((v) => reshape(v, [N, 1])), ...now.map((v) => sum(v))],
    ];
    for (const outputs of variants) {
      const expected = await runTwice(plain, build(make, outputs));
      expect(await runTwice(wasm, build(make, outputs))).toEqual(expected);
      const { graph, x } = build(make, outputs);
      const simulated = simulate(compile(graph, WASM), new Map([[x, X]]));
      expect(simulated.outputs).toEqual(expected.slice(0, graph.outputs.length));
      graph.updates.forEach(({ variable: { name } }, i) => {
        expect(simulated.updates[i]).toEqual(expected[graph.outputs.length + 'abc'.indexOf(name)]);
      });
    }
  });

  it('writes over the old value where nothing needs it', () => {
    const { graph } = build((a, b) => ({ a: add(a, multiply(b, 0.1)) }), () => []); // biome-ignore format: one line
    const { launches, arenaBytes, buffers } = compile(graph, WASM);
    expect(launches).toHaveLength(1);
    expect(buffers[launches[0]!.writes[0]!]).toMatchObject({ kind: 'variable', variable: { name: 'a' } });
    expect(arenaBytes, 'room for the input alone').toBe(128);
  });

  it('goes through memory of its own where something does', () => {
    const { graph } = build((a) => ({ a: flip(a, [0]) }), () => []); // biome-ignore format: one line
    expect(compile(graph, WASM).launches.map(({ name }) => name)).toEqual(['flip', 'update']);
  });

  it('refuses two updates of one variable and values that do not fit', async () => {
    const a = variable('a', 1);
    const twice = [
      { variable: a, value: add(read(a), 1) },
      { variable: a, value: add(read(a), 2) },
    ];
    const wide = [{ variable: a, value: constant([1, 2, 3, 4, 5, 6, 7, 8]) }];
    const counted = [{ variable: a, value: constant([1, 2, 3, 4, 5, 6, 7], [N], 'int32') }];
    for (const backend of [wasm, plain]) {
      const attempt = (updates: Graph['updates']) => load({ inputs: [], outputs: [], updates }, backend);
      await expect(attempt(twice)).rejects.toThrow(/variable a .*twice/);
      await expect(attempt(wide)).rejects.toThrow(/variable a.*float32\[7\].*float32\[8\]/);
      await expect(attempt(counted)).rejects.toThrow(/variable a.*float32\[7\].*int32\[7\]/);
    }
  });
});

describe('empty tensors', () => {
  const empty = input('empty', [0, 5]);
  const x = input('x', [64]);
  const feeds = new Map<Tensor, ArrayLike<number>>([
    [empty, []],
    [x, Float32Array.from({ length: 64 }, (_, i) => i + 1)],
  ]);

  it('a sum of nothing is 0, whatever its memory held before', () => {
    const used = sum(multiply(flip(x, [0]), x));
    const nothing = sum(empty, 0);
    const { outputs } = simulate(compile(graphOf([used, nothing, sum(empty)], feeds), WASM), feeds);
    expect(outputs.slice(1)).toEqual([[0, 0, 0, 0, 0], [0]]);
  });

  it('what follows a sum of nothing is still computed', () => {
    const product = matmul(transpose(empty), constant([], [0, 3]));
    const outputs = [add(sum(empty, 0), 5), relu(add(product, constant([1, -2, 3])))];
    expect(simulate(compile(graphOf(outputs, feeds), WASM), feeds).outputs).toEqual([
      [5, 5, 5, 5, 5],
      Array.from({ length: 15 }, (_, i) => [1, 0, 3][i % 3]!),
    ]);
  });

  it('empty results are computed by nothing', () => {
    const padded = pad(empty, { low: [0, 1], high: [0, 0] });
    const program = compile(graphOf([add(empty, 1), flip(empty, [0]), padded], feeds), WASM);
    expect(program.launches).toEqual([]);
    expect(simulate(program, feeds).outputs).toEqual([[], [], []]);
    const around = pad(empty, { low: [2, 0], high: [0, 0], value: 0 });
    const { outputs } = simulate(compile(graphOf([around], feeds), WASM), feeds);
    expect(outputs).toEqual([new Array(10).fill(0)]);
  });
});

describe('outputs', () => {
  it('may be inputs, constants, scalars, one node twice, and reshaped', () => {
    const x = input('x', [2, 3]);
    const y = add(x, 1);
    const scalar = constant([4], []);
    const outputs = [x, reshape(x, [6]), y, y, reshape(y, [3, 2]), scalar, divide(scalar, 8)];
    const values = [1, 2, 3, 4, 5, 6];
    const after = [2, 3, 4, 5, 6, 7];
    const feeds = new Map([[x, values]]);
    const results = simulate(compile(graphOf(outputs, feeds), WASM), feeds).outputs;
    expect(results).toEqual([values, values, after, after, after, [4], [0.5]]);
  });

  it('are kept until the run ends, and so are inputs', () => {
    const x = input('x', [100]);
    const early = add(x, 1);
    let late = early;
    for (let i = 0; i < 6; i++) {
      const columns = sum(multiply(reshape(late, [10, 10]), i + 2), 0);
      late = flip(concat(Array.from({ length: 10 }, () => columns), 0), [0]); // biome-ignore format: one line
    }
    const feeds = new Map([[x, Float32Array.from({ length: 100 }, (_, i) => i)]]);
    const { outputs } = simulate(compile(graphOf([early, sum(late), x], feeds), WASM), feeds);
    expect(outputs[0]).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(outputs[2]).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });
});

describe('graphs of unusual form', () => {
  it('repeated squaring is compiled in no time', () => {
    const x = input('x', [5]);
    let y: Tensor = x;
    for (let i = 0; i < 100; i++) y = multiply(y, y);
    const program = compile(graphOf([y], new Map([[x, []]])), WASM);
    const { outputs } = simulate(program, new Map([[x, [1, -1, 0, 0.5, 2]]]));
    expect(outputs[0]).toEqual([1, 1, 0, 0, Number.POSITIVE_INFINITY]);
  });

  it('long chains are compiled', () => {
    const x = input('x', [3]);
    let y: Tensor = x;
    for (let i = 0; i < 2000; i++) y = i % 2 ? add(y, 1) : multiply(y, 0.5);
    const feeds = new Map([[x, [1, 2, 3]]]);
    const { outputs } = simulate(compile(graphOf([y], feeds), WASM), feeds);
    for (const value of outputs[0]!) expect(value).toBeCloseTo(2, 5);
  });
});
