import { describe, expect, it } from 'vitest';
import { fuse, underlying } from '../../src/compiler/fuse.ts';
import { conv2d, matmul, relu, softmax } from '../../src/functional/index.ts';
import { type Tensor, Variable } from '../../src/ir/tensor.ts';
import {
  add,
  broadcast,
  exp,
  gradients,
  input,
  multiply,
  negative,
  read,
  reshape,
  sum,
  tanh,
  transpose,
} from '../../src/ops/index.ts';
import { graphOf } from './support/machine.ts';

/** Names of the stored values in order; `reduction+end` where a chain is completed in registers. */
function stored(...outputs: Tensor[]): string[] {
  const { order, stored, reductionOf } = fuse(graphOf(outputs));
  return order
    .filter((node) => stored.has(node))
    .map((node) => {
      const reduction = reductionOf.get(node);
      return reduction ? `${reduction.op.name}+${node.op.name}` : node.op.name;
    });
}

const x = input('x', [6, 5]);
const w = input('w', [5, 7]);

describe('fuse', () => {
  it('stores nothing of an elementwise chain but its end', () => {
    expect(stored(relu(tanh(multiply(negative(x), 2))))).toEqual(['maximum']);
  });

  it('completes bias and activation where the product is accumulated', () => {
    expect(stored(relu(add(matmul(x, w), input('b', [7]))))).toEqual(['contract+maximum']);
    const image = input('image', [2, 8, 8, 3]);
    const y = tanh(add(conv2d(image, input('k', [3, 3, 3, 4])), input('b', [4])));
    expect(stored(y)).toEqual(['contract+tanh']);
  });

  it('stores a reduction that two need, bare', () => {
    const y = matmul(x, w);
    expect(stored(tanh(y), exp(y))).toEqual(['contract', 'tanh', 'exp']);
  });

  it('stores a reduction that is asked for, and goes on from there', () => {
    const y = matmul(x, w);
    const z = tanh(y);
    expect(stored(z, y)).toEqual(['contract', 'tanh']);
    expect(stored(add(z, 1), z)).toEqual(['contract+tanh', 'add']);
  });

  it('does not complete two reductions in one place', () => {
    const names = stored(add(matmul(x, w), matmul(tanh(x), w)));
    expect(names.filter((name) => name.startsWith('contract')).sort()).toEqual(['contract', 'contract+add']);
  });

  it('repeats what is cheap in every user, and stores what is dear', () => {
    const [cheap, dear] = [multiply(x, 2), exp(x)];
    expect(stored(sum(cheap, 0), sum(cheap, 1))).toEqual(['sum', 'sum']);
    expect(stored(sum(dear, 0), sum(dear, 1))).toEqual(['exp', 'sum', 'sum']);
  });

  it('does not compute an exponential again for each place that it is broadcast to', () => {
    const v = input('v', [5]);
    expect(stored(add(broadcast(exp(v), [6, 5], [1]), x))).toEqual(['exp', 'add']);
    expect(stored(add(broadcast(negative(v), [6, 5], [1]), x))).toEqual(['add']);
  });

  it('stores what a product reads, since it reads it again and again', () => {
    expect(stored(matmul(tanh(x), w))).toEqual(['tanh', 'contract']);
    expect(stored(matmul(transpose(input('t', [5, 6])), w))).toEqual(['contract']);
  });

  it('keeps a reshape for free, and stores what is below it', () => {
    expect(stored(reshape(x, [30]))).toEqual([]);
    expect(stored(add(reshape(tanh(x), [30]), 1))).toEqual(['tanh', 'add']);
  });

  it('makes softmax of a maximum, one pass of exponentials, a sum and a quotient', () => {
    expect(stored(softmax(x))).toEqual(['max+stopGradient', 'exp', 'sum', 'divide']);
  });

  it('stores new values of variables, and the old ones not again', () => {
    const v = new Variable('v', [6, 5], 'float32', new Float32Array(30));
    const value = add(read(v), x);
    const { stored: set } = fuse({ inputs: [x], outputs: [], updates: [{ variable: v, value }] });
    expect([...set]).toEqual([value]);
  });

  it('cuts chains that are too long for one kernel', () => {
    let y: Tensor = x;
    for (let i = 0; i < 600; i++) y = negative(y);
    expect(stored(y).length).toBeGreaterThan(1);
    expect(stored(y).length).toBeLessThan(5);
  });

  it('does not take exponential time over values used twice by one op', () => {
    let y: Tensor = x;
    for (let i = 0; i < 64; i++) y = multiply(y, y);
    expect(stored(y)).toEqual(['multiply']);
  });

  it('turns a value into its derivative in registers, where only the derivative is asked for', () => {
    const y = tanh(matmul(x, w));
    const slopes = gradients(sum(y), [x, w]);
    expect(stored(...slopes)).toEqual(['contract+multiply', 'contract', 'contract']);
    expect(stored(y, ...slopes)).toEqual(['contract+tanh', 'multiply', 'contract', 'contract']);
  });
});

describe('underlying', () => {
  it('looks through reshapes, and through index maps where asked', () => {
    const y = reshape(transpose(reshape(x, [5, 6])), [3, 10]);
    expect(underlying(y, 'alias').op.name).toBe('transpose');
    expect(underlying(y, 'view')).toBe(x);
    expect(underlying(x, 'view')).toBe(x);
  });
});
