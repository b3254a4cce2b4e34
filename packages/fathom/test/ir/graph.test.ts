import { describe, expect, it } from 'vitest';
import { apply, print, topologicalOrder, verify, vjp } from '../../src/ir/graph.ts';
import type { Op } from '../../src/ir/op.ts';
import { Tensor } from '../../src/ir/tensor.ts';
import {
  add,
  addOp,
  constant,
  exp,
  full,
  gradients,
  input,
  maximum,
  multiply,
  negative,
  pad,
  reshape,
  sum,
  transpose,
} from '../../src/ops/index.ts';
import { algebra } from '../support/differences.ts';
import { valuesOf } from '../support/values.ts';

describe('print', () => {
  it('writes one node a line, numbered in order of need', () => {
    const x = input('x', [2, 3]);
    const y = sum(maximum(add(x, constant([1, 2, 3])), 0), 1);
    expect(print([y])).toMatchInlineSnapshot(`
      "%0 = input() {"name":"x","shape":[2,3],"dtype":"float32"} : float32[2,3]
      %1 = constant() [1,2,3] : float32[3]
      %2 = broadcast(%1) {"shape":[2,3],"axes":[1]} : float32[2,3]
      %3 = add(%0, %2) : float32[2,3]
      %4 = full() {"shape":[2,3],"value":0,"dtype":"float32"} : float32[2,3]
      %5 = maximum(%3, %4) : float32[2,3]
      %6 = sum(%5) {"axes":[1]} : float32[2]
      return %6"
    `);
  });

  it('writes a gradient graph', () => {
    const x = input('x', [3]);
    const [dx] = gradients(sum(exp(multiply(x, 2))), [x]);
    expect(print([dx!])).toMatchInlineSnapshot(`
      "%0 = full() {"shape":[3],"value":1,"dtype":"float32"} : float32[3]
      %1 = input() {"name":"x","shape":[3],"dtype":"float32"} : float32[3]
      %2 = full() {"shape":[3],"value":2,"dtype":"float32"} : float32[3]
      %3 = multiply(%1, %2) : float32[3]
      %4 = exp(%3) : float32[3]
      %5 = multiply(%0, %4) : float32[3]
      %6 = multiply(%5, %2) : float32[3]
      return %6"
    `);
  });

  it('is equal for equal graphs, whatever was made before them', () => {
    const build = () => {
      const x = input('x', [4]);
      return multiply(x, negative(x));
    };
    const first = print([build()]);
    constant([1, 2, 3]);
    expect(print([build()])).toBe(first);
  });

  it('tells graphs apart that differ in one attribute, an infinite one too', () => {
    const x = input('x', [2]);
    const padded = (value: number) => print([pad(x, { low: [1], high: [0], value })]);
    const texts = [padded(0), padded(1), padded(Infinity), padded(-Infinity), padded(Number.NaN)];
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('tells 0 from −0, which differ by the sign of what they divide', () => {
    expect(print([full([2], -0)])).not.toBe(print([full([2], 0)]));
    expect(print([constant([-0])])).not.toBe(print([constant([0])]));
  });

  it('tells sharing from repetition', () => {
    const x = input('x', []);
    const shared = exp(x);
    expect(print([add(shared, shared)])).not.toBe(print([add(exp(x), exp(x))]));
  });

  it('names an output that is returned twice twice', () => {
    const x = input('x', []);
    expect(print([x, x])).toBe(
      '%0 = input() {"name":"x","shape":[],"dtype":"float32"} : float32[]\nreturn %0, %0',
    );
  });
});

describe('topologicalOrder', () => {
  it('puts every node once, after its operands', () => {
    const x = input('x', []);
    const a = exp(x);
    const b = negative(a);
    const c = add(a, b);
    const order = topologicalOrder([c, b]);
    expect(order).toEqual([x, a, b, c]);
  });

  it('visits a long chain without running out of stack', () => {
    let y = input('x', []);
    for (let i = 0; i < 50_000; i++) y = negative(y);
    expect(topologicalOrder([y])).toHaveLength(50_001);
  });

  it('visits a graph with exponentially many paths in linear time', () => {
    let y = input('x', []);
    for (let i = 0; i < 1000; i++) y = add(y, y);
    expect(topologicalOrder([y])).toHaveLength(1001);
  });
});

describe('verify', () => {
  it('accepts what apply made', () => {
    const x = input('x', [2, 3]);
    expect(() => verify([transpose(exp(x)), sum(x)], 'nothing')).not.toThrow();
  });

  it('names the node whose shape is not what its rule gives', () => {
    const x = input('x', [2]);
    const wrong = new Tensor(addOp, [x, x], undefined, { shape: [3], dtype: 'float32' });
    expect(() => verify([negative(wrong)], 'a pass')).toThrow(
      'verify after a pass: add float32[3] should be float32[2]',
    );
  });

  it('names the node whose type is wrong', () => {
    const x = input('x', [2]);
    const wrong = new Tensor(addOp, [x, x], undefined, { shape: [2], dtype: 'int32' });
    expect(() => verify([wrong], 'a pass')).toThrow('should be float32[2]');
  });

  it('finds an operand that was made after its user', () => {
    const inputs = [input('x', [2])];
    const early = new Tensor(addOp, inputs, undefined, { shape: [2], dtype: 'float32' });
    inputs[0] = exp(input('y', [2]));
    expect(() => verify([early], 'a pass')).toThrow('which was made later');
  });
});

describe('vjp', () => {
  it('adds what reaches a shared node by several ways', async () => {
    const x = constant([3]);
    const y = add(multiply(x, x), multiply(x, 5));
    const [dx] = gradients(sum(y), [x]);
    expect(await valuesOf(dx!)).toEqual([11]);
  });

  it('sums over several outputs, each with its cotangent', async () => {
    const x = constant([1, 2]);
    const [dx] = vjp([exp(x), multiply(x, 3)], [constant([0, 0]), constant([10, 20])], [x], algebra);
    expect(await valuesOf(dx!)).toEqual([30, 60]);
  });

  it('gives the cotangent itself for an output, and the sum if it is given twice', async () => {
    const x = constant([1, 2]);
    const dy = constant([5, 6]);
    expect(vjp([x], [dy], [x], algebra)[0]).toBe(dy);
    const [twice] = vjp([x, x], [dy, dy], [x], algebra);
    expect(await valuesOf(twice!)).toEqual([10, 12]);
  });

  it('differentiates with respect to a node inside the graph', async () => {
    const x = constant([2]);
    const square = multiply(x, x);
    const [dSquare, dx] = gradients(sum(multiply(square, square)), [square, x]);
    expect(await valuesOf(dSquare!)).toEqual([8]);
    expect(await valuesOf(dx!)).toEqual([32]);
  });

  it('is zero, in the right shape, for what the output does not depend on', async () => {
    const [x, other] = [constant([1]), constant([1, 2, 3, 4], [2, 2])];
    const [dOther] = gradients(sum(exp(x)), [other]);
    expect(dOther!.shape).toEqual([2, 2]);
    expect(await valuesOf(dOther!)).toEqual([0, 0, 0, 0]);
  });

  it('builds no gradient for branches that nobody asked for', () => {
    const [x, w] = [input('x', [2, 2]), input('w', [2, 2])];
    const [dw] = gradients(sum(multiply(exp(exp(x)), w)), [w]);
    expect(topologicalOrder([dw!]).filter((node) => node.op.name === 'exp')).toHaveLength(2);
  });

  it('can be applied again: x⁴ has the derivatives 4x³, 12x², 24x, 24, 0', async () => {
    const x = constant([1.5]);
    let y = multiply(multiply(x, x), multiply(x, x));
    const values: number[] = [];
    for (let order = 1; order <= 5; order++) {
      y = gradients(sum(y), [x])[0]!;
      values.push(...(await valuesOf(y)));
    }
    expect(values).toEqual([13.5, 27, 36, 24, 0]);
  });

  it('blames an op whose rule gives a gradient of another shape', () => {
    const faulty: Op = { ...addOp, name: 'faulty', vjp: (_node, dy) => [reshape(dy, [1, 2]), dy] };
    const x = input('x', [2]);
    const y = apply(faulty, [x, x]);
    expect(() => vjp([y], [full([2], 1)], [x], algebra)).toThrow(
      'vjp of faulty: gradient of input 0 has shape [1,2], the input [2]',
    );
  });

  it('asks for a scalar to differentiate', () => {
    const x = input('x', [2]);
    expect(() => gradients(x, [x])).toThrow('float32[2]. Sum or average it first.');
    expect(() => gradients(input('n', [], 'int32'), [x])).toThrow('int32[]');
  });
});
