import { describe, expect, it } from 'vitest';
import { print } from '../../src/ir/graph.ts';
import { Variable } from '../../src/ir/tensor.ts';
import {
  add,
  cast,
  constant,
  gradients,
  input,
  multiply,
  read,
  scan,
  scanOp,
  sum,
  tanh,
  zeros,
} from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { describeOp } from '../support/describeOp.ts';
import { exact } from '../support/differences.ts';

describeOp(scanOp);

describe('scan', () => {
  const running = (xs: number[], reverse = false) => {
    const step = ([total]: readonly ReturnType<typeof zeros>[], [x]: readonly ReturnType<typeof zeros>[]) => {
      const next = add(multiply(total!, 2), x!);
      return { carries: [next], ys: [next, total!] };
    };
    return scan(step, { init: [zeros([])], xs: [constant(xs)], reverse });
  };

  it('repeats a step over items, and stacks what it gives in their order', async () => {
    const { carries, ys } = running([1, 2, 3]);
    const values = await evaluate([...carries, ...ys], new Map(), exact);
    expect(values.map((value) => Array.from(value))).toEqual([[11], [1, 4, 11], [0, 1, 4]]);
    const back = running([1, 2, 3], true);
    const reversed = await evaluate([...back.carries, ...back.ys], new Map(), exact);
    expect(reversed.map((value) => Array.from(value))).toEqual([[17], [17, 8, 3], [8, 3, 0]]);
  });

  it('repeats a step without items a number of times, with carries of any type', async () => {
    const { carries } = scan(
      ([count, x]) => ({ carries: [add(count!, 1), multiply(x!, cast(count!, 'float32'))] }),
      {
        init: [constant([1], [], 'int32'), constant([1], [])],
        length: 5,
      },
    );
    const [count, factorial] = await evaluate(carries, new Map(), exact);
    expect([count![0], factorial![0]]).toEqual([6, 120]);
  });

  it('takes what the step uses from outside as constants, with gradients', async () => {
    const [w, x] = [input('w', [3]), input('x', [4, 3])];
    const { carries } = scan(([h], [item]) => ({ carries: [add(multiply(h!, tanh(w)), item!)] }), {
      init: [zeros([3])],
      xs: [x],
    });
    const [slope] = gradients(sum(carries[0]!), [w]);
    const values = Array.from({ length: 12 }, (_, i) => i / 7);
    const [actual] = await evaluate([slope!], new Map([[w, [0.1, -0.2, 0.3]], [x, values]]), exact); // biome-ignore format: one line
    [0.1, -0.2, 0.3].forEach((v, j) => {
      const t = Math.tanh(v);
      const [a, b, c] = [values[j]!, values[3 + j]!, values[6 + j]!];
      expect(actual![j]).toBeCloseTo((3 * t * t * a + 2 * t * b + c) * (1 - t * t), 12);
    });
  });

  it('is one loop for all of its results, in a graph that prints alike when made alike', () => {
    const make = () => print(running([1, 2, 3]).ys);
    expect(make()).toBe(make());
    expect(make()).toContain('over 3 {');
    const variable = new Variable('v', [2], 'float32', new Float32Array(2));
    const { carries, ys } = scan(([h]) => ({ carries: [tanh(h!)], ys: [h!] }), {
      init: [read(variable)],
      length: 3,
    });
    expect(scanOp.family!.keyOf(carries[0]!)).toBe(scanOp.family!.keyOf(ys[0]!));
    const other = scan(([h]) => ({ carries: [tanh(h!)] }), { init: [read(variable)], length: 3 });
    expect(scanOp.family!.keyOf(other.carries[0]!)).not.toBe(scanOp.family!.keyOf(carries[0]!));
  });

  it('refuses what is no loop', () => {
    const same = (state: readonly ReturnType<typeof zeros>[]) => ({ carries: state });
    const h = zeros([2]);
    expect(() => scan(same, { init: [h], xs: [zeros([0, 2])] })).toThrow(
      'scan: expected at least one iteration; received 0',
    );
    expect(() => scan(same, { init: [h] })).toThrow('neither xs nor length');
    expect(() => scan(same, { init: [h], xs: [zeros([3, 2]), zeros([4])] })).toThrow(
      'expected stacks [3, ...]; received [4]',
    );
    expect(() => scan(() => ({ carries: [] }), { init: [h], length: 2 })).toThrow(
      'expected 1 carries from the step',
    );
    expect(() => scan(([x]) => ({ carries: [sum(x!)] }), { init: [h], length: 2 })).toThrow(
      'carry 0 must keep its shape',
    );
    expect(() => scan(([x]) => ({ carries: [cast(x!, 'int32')] }), { init: [h], length: 2 })).toThrow(
      'received int32',
    );
    const inner = ([x]: readonly ReturnType<typeof zeros>[]) => scan(same, { init: [tanh(x!)], length: 2 });
    const nested = () =>
      scan((state) => ({ carries: [multiply(inner(state).carries[0]!, 1)] }), { init: [h], length: 2 });
    expect(nested, 'a loop that does nothing is none').not.toThrow();
    const real = ([x]: readonly ReturnType<typeof zeros>[]) =>
      scan(([y]) => ({ carries: [tanh(y!)] }), { init: [x!], length: 2 });
    expect(() => scan((state) => real(state), { init: [h], length: 2 })).toThrow('scan within');
  });
});
