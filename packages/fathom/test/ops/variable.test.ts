import { describe, expect, it } from 'vitest';
import { Variable } from '../../src/ir/tensor.ts';
import { add, read, variableOp } from '../../src/ops/index.ts';
import { load } from '../../src/runtime.ts';
import { exact } from '../support/differences.ts';

describe('variable', () => {
  it('reads the newest values of its variable, and a step writes them', async () => {
    const counter = new Variable('counter', [2], 'float32', Float32Array.of(1, 2));
    const node = read(counter);
    expect([node.shape, node.op]).toEqual([[2], variableOp]);
    const step = await load(
      { inputs: [], outputs: [node], updates: [{ variable: counter, value: add(node, 1) }] },
      exact,
    );
    await step.run();
    await step.run();
    expect(Array.from(await step.read(0)), 'an output is the value before the update').toEqual([2, 3]);
    expect(Array.from(await counter.read())).toEqual([3, 4]);
    counter.write([10, 20]);
    await step.run();
    expect(Array.from(await counter.read())).toEqual([11, 21]);
  });

  it('refuses values of another size', () => {
    expect(() => new Variable('w', [3], 'float32', new Float32Array(2))).toThrow('variable w: expected 3');
    const w = new Variable('w', [3], 'float32', new Float32Array(3));
    expect(() => w.write([1])).toThrow('variable w: expected 3 values');
  });
});
