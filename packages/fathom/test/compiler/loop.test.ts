import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { printProgram } from '../../src/compiler/print.ts';
import { matmul } from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { add, constant, gradients, input, multiply, scan, sigmoid, slice, sum, tanh, zeros } from '../../src/ops/index.ts';
import { evaluate, load } from '../../src/runtime.ts';
import { exact } from '../support/differences.ts';
import { seeded } from '../support/random.ts';

/** An LSTM's loss and its gradients. */
function lstm(batch: number, units: number, steps: number, features = 3) {
  const random = seeded(batch * 1000 + units * 10 + steps);
  const feeds = new Map<Tensor, Float64Array>();
  const given = (name: string, shape: number[]) => {
    const node = input(name, shape);
    feeds.set(node, Float64Array.from({ length: node.size }, () => Math.fround((random() - 0.5) * 0.8)));
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
        expect(Math.abs(value - expected[i]![j]!), `output ${i}, element ${j}`).toBeLessThanOrEqual(1e-5 * scale);
      });
    });
    expect(again).toEqual(actual);
  });
});
