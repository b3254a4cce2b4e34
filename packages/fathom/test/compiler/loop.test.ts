import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { compile } from '../../src/compiler/compile.ts';
import { printProgram } from '../../src/compiler/print.ts';
import type { Graph } from '../../src/compiler/program.ts';
import { averagePool2d, conv2d, matmul, maxPool2d } from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import {
  add,
  constant,
  gradients,
  input,
  multiply,
  scan,
  sigmoid,
  slice,
  sum,
  tanh,
  zeros,
} from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { distance, expectAgreement } from '../support/compare.ts';
import { exact, plain } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { loopGraph } from './support/loops.ts';
import { simulate } from './support/machine.ts';
import { SMALL_CACHE, WASM, WIDE } from './support/targets.ts';

/** An LSTM's loss and its gradients. */
function lstm(batch: number, units: number, steps: number, features = 3) {
  const random = seeded(batch * 1000 + units * 10 + steps);
  const feeds = new Map<Tensor, Float64Array>();
  const given = (name: string, shape: number[]) => {
    const node = input(name, shape);
    feeds.set(
      node,
      Float64Array.from({ length: node.size }, () => Math.fround((random() - 0.5) * 0.8)),
    );
    return node;
  };
  const x = given('x', [steps, batch, features]);
  const [w, u] = [given('w', [features, 4 * units]), given('u', [units, 4 * units])];
  const projected = matmul(x, w);
  const zero = zeros([batch, units]);
  const { carries, ys } = scan(
    ([h, c], [p]) => {
      const z = add(p!, matmul(h!, u));
      const gate = (i: number) => slice(z, [0, i * units], [batch, units]);
      const next = add(multiply(sigmoid(gate(1)), c!), multiply(sigmoid(gate(0)), tanh(gate(2))));
      const out = multiply(sigmoid(gate(3)), tanh(next));
      return { carries: [out, next], ys: [out] };
    },
    { init: [zero, zero], xs: [projected] },
  );
  const weights = constant(Float64Array.from({ length: batch * units }, random), [batch, units]);
  const loss = add(sum(multiply(carries[0]!, weights)), sum(multiply(ys[0]!, ys[0]!)));
  return { outputs: [loss, ...carries, ...ys, ...gradients(loss, [x, w, u])], feeds };
}

let one: Backend;
let two: Backend;
beforeAll(async () => {
  one = await wasmBackend({ threads: 1 });
  two = await wasmBackend({ threads: 2 });
});
afterAll(async () => {
  await one.dispose();
  await two.dispose();
});

describe('a compiled loop', () => {
  it.each([
    [1, 2, 1],
    [3, 5, 4],
    [8, 16, 6],
    [7, 33, 5],
    [64, 24, 7],
    [61, 16, 9],
  ])('gives what the reference gives: batch %i, %i units, %i steps', async (batch, units, steps) => {
    const { outputs, feeds } = lstm(batch, units, steps);
    const expected = await evaluate(outputs, feeds, exact);
    const actual = await evaluate(outputs, feeds, one);
    const again = await evaluate(outputs, feeds, two);
    actual.forEach((values, i) => {
      const scale = Math.max(...expected[i]!.map(Math.abs));
      values.forEach((value, j) => {
        expect(Math.abs(value - expected[i]![j]!), `output ${i}, element ${j}`).toBeLessThanOrEqual(
          1e-5 * scale,
        );
      });
    });
    expect(again).toEqual(actual);
  });
});

describe('random loops', () => {
  it('compute what the oracle computes, in whatever order threads run', async () => {
    const failures: string[] = [];
    for (let seed = 1; seed <= 150; seed++) {
      const { graph, feeds } = loopGraph(seed);
      const target = [WASM, SMALL_CACHE, WIDE][seed % 3]!;
      const values = [...graph.outputs, ...graph.updates.map(({ value }) => value)];
      try {
        const expected = await evaluate(values, feeds, exact);
        const rounded = await evaluate(values, feeds, plain);
        const program = compile(graph, target);
        const { outputs, updates } = simulate(program, feeds);
        expect(simulate(program, feeds, true)).toEqual({ outputs, updates });
        [...outputs, ...updates].forEach((actual, i) => {
          const slack = 10 * distance(rounded[i]!, expected[i]!) + 1e-6;
          expectAgreement(actual, expected[i]!, 'sum', `value ${i}`, slack);
        });
      } catch (error) {
        failures.push(`loop ${seed}, ${target.name}: ${error}`);
      }
    }
    expect(failures.join('\n')).toBe('');
  });

  it('hold convolutions and pooling, whose gradients scatter', async () => {
    const random = seeded(8);
    const feeds = new Map<Tensor, Float64Array>();
    const given = (name: string, shape: number[]) => {
      const node = input(name, shape);
      feeds.set(
        node,
        Float64Array.from({ length: node.size }, () => Math.fround(random() - 0.5)),
      );
      return node;
    };
    const [x, w, b] = [given('x', [4, 6, 9, 9, 3]), given('w', [3, 3, 3, 5]), given('b', [3, 3, 5, 3])];
    const { carries, ys } = scan(
      ([h], [item]) => {
        const wide = tanh(conv2d(add(h!, item!), w, { padding: 'same' }));
        const pooled = maxPool2d(wide, { poolSize: 2, strides: 1, padding: 'same' });
        const next = tanh(conv2d(pooled, b, { padding: 'same' }));
        return { carries: [next], ys: [averagePool2d(next, { poolSize: 3 })] };
      },
      { init: [zeros([6, 9, 9, 3])], xs: [x] },
    );
    const loss = add(sum(multiply(carries[0]!, carries[0]!)), sum(tanh(ys[0]!)));
    const outputs = [carries[0]!, ys[0]!, ...gradients(loss, [x, w, b])];
    const [expected, actual] = [await evaluate(outputs, feeds, exact), await evaluate(outputs, feeds, one)];
    actual.forEach((values, i) => {
      const scale = Math.max(...expected[i]!.map(Math.abs));
      expectAgreement(values, expected[i]!, 'sum', `output ${i}`, 1e-5 * scale);
    });
    expect(await evaluate(outputs, feeds, two)).toEqual(actual);
  });

  it('meet in every iteration where each row needs all others and the work is worth it', async () => {
    const random = seeded(5);
    const size = 96;
    const feeds = new Map<Tensor, Float64Array>();
    const given = (name: string) => {
      const node = input(name, [size, size]);
      feeds.set(
        node,
        Float64Array.from({ length: node.size }, () => Math.fround(0.2 * (random() - 0.5))),
      );
      return node;
    };
    const [a, b, h0] = [given('a'), given('b'), given('h')];
    const { carries } = scan(([h]) => ({ carries: [tanh(matmul(matmul(a, h!), b))] }), {
      init: [h0],
      length: 3,
    });
    const outputs = [carries[0]!, ...gradients(sum(multiply(carries[0]!, carries[0]!)), [a, b, h0])];
    const program = compile({ inputs: [...feeds.keys()], outputs, updates: [] }, WASM);
    const stages = program.loops.map(({ first, end }) => program.launches.slice(first, end));
    for (const inside of stages) {
      expect(new Set(inside.map(({ stage }) => stage)).size).toBeGreaterThan(1);
      expect(inside[0]!.barrier).toBe(true);
    }
    simulate(program, feeds);
    const [expected, actual] = [await evaluate(outputs, feeds, exact), await evaluate(outputs, feeds, one)];
    actual.forEach((values, i) => {
      expectAgreement(values, expected[i]!, 'sum', `output ${i}`, 1e-6);
    });
    expect(await evaluate(outputs, feeds, two)).toEqual(actual);
  });
});

describe('the program of a loop', () => {
  const programOf = (steps: number, batch = 64, units = 24) => {
    const { outputs, feeds } = lstm(batch, units, steps);
    const graph: Graph = { inputs: [...feeds.keys()], outputs, updates: [] };
    return compile(graph, WASM);
  };

  it('does not grow with the number of iterations', () => {
    const [short, long] = [programOf(480), programOf(4800)];
    expect(long.launches.map(({ name }) => name)).toEqual(short.launches.map(({ name }) => name));
    expect(long.buffers.length).toBe(short.buffers.length);
    expect(long.loops.map(({ count }) => count)).toEqual([4800, 4800]);
    const lines = (text: string) => text.split('\n').length;
    // Copies of odd lengths end differently.
    expect(Math.abs(lines(printProgram(long)) - lines(printProgram(short)))).toBeLessThan(10);
  });

  it('lets rows of a batch go through all iterations without meeting', () => {
    const { loops, launches } = programOf(48);
    expect(loops).toHaveLength(2);
    for (const { first, end, count } of loops) {
      const inside = launches.slice(first, end);
      expect(count).toBe(48);
      expect(new Set(inside.map(({ stage }) => stage)).size).toBe(1);
      expect(inside[0]).toMatchObject({ chunks: 8, solo: false });
      expect(inside.slice(1).some(({ barrier }) => barrier)).toBe(false);
    }
  });

  it('sums weight gradients outside of the loop, and packs weights before it', () => {
    const { loops, launches } = programOf(48, 64, 64);
    const [, backward] = loops;
    const inside = launches.slice(backward!.first, backward!.end);
    expect(inside.filter(({ name }) => name.startsWith('contract'))).toHaveLength(1);
    const outside = launches.slice(backward!.end).filter(({ name }) => name.startsWith('contract'));
    expect(outside.length).toBeGreaterThanOrEqual(2);
    const packs = launches.findIndex(({ name }) => name === 'contract.pack');
    expect(packs).toBeGreaterThanOrEqual(0);
    expect(launches.slice(loops[0]!.first, loops[0]!.end).map(({ name }) => name)).not.toContain(
      'contract.pack',
    );
    expect(inside.map(({ name }) => name)).not.toContain('contract.pack');
  });

  it('keeps one copy of a carry whose history nobody needs', () => {
    const program = (length: number) => {
      const [x, w] = [input('x', [32, 8]), input('w', [8, 8])];
      const { carries } = scan(([h]) => ({ carries: [tanh(matmul(h!, w))] }), { init: [x], length });
      return compile({ inputs: [x, w], outputs: [carries[0]!], updates: [] }, WASM);
    };
    expect(program(1000).arenaBytes).toBe(program(2).arenaBytes);
  });

  it('updates a carry in place where it can', () => {
    const [x, a] = [input('x', [512]), input('a', [512])];
    const { carries } = scan(([sum]) => ({ carries: [add(multiply(sum!, 0.5), a)] }), {
      init: [x],
      length: 9,
    });
    const { launches, loops } = compile({ inputs: [x, a], outputs: carries, updates: [] }, WASM);
    expect(loops).toEqual([{ first: 1, end: 2, count: 9 }]);
    expect(launches[1]!.reads).toContain(launches[1]!.writes[0]);
  });

  it('says where a loop is and where addresses move', () => {
    const x = input('x', [3, 2]);
    const { ys } = scan(([s], [item]) => ({ carries: [add(s!, item!)], ys: [add(s!, item!)] }), {
      init: [zeros([2])],
      xs: [x],
    });
    const text = printProgram(compile({ inputs: [x], outputs: [ys[0]!], updates: [] }, WASM));
    expect(text).toContain('repeat 3 times to launch 1');
    expect(text).toContain('b1[2*t + 2]:2 = add(b1[2*t + 0], b0[2*t + 0])');
  });
});
