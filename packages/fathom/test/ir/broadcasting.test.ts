import { describe, expect, it } from 'vitest';
import { sizeOf, stridesOf } from '../../src/ir/shape.ts';
import { add, broadcastOp, constant, gradients, multiply, sum } from '../../src/ops/index.ts';
import { integer, pick, type Random, seeded } from '../support/random.ts';
import { valuesOf } from '../support/values.ts';

const ROUNDS = 300;

describe('broadcasting', () => {
  it('follows NumPy’s rule for random shapes, in values and in gradients', async () => {
    const random = seeded(11);
    let broadcasts = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const [a, b] = [randomArray(random), randomArray(random)];
      const shape = broadcastShape(a.shape, b.shape);
      const [ta, tb] = [constant(a.values, a.shape), constant(b.values, b.shape)];
      if (!shape) {
        expect(() => add(ta, tb), `${a.shape} and ${b.shape}`).toThrow(/^add: .* do not broadcast/);
        continue;
      }
      broadcasts++;
      const y = multiply(ta, tb);
      expect(y.shape).toEqual(shape);
      const at = indices(shape);
      const expected = at.map((i) => element(a, i) * element(b, i));
      expect(await valuesOf(y)).toEqual(expected);

      const [da, db] = gradients(sum(y), [ta, tb]);
      expect(await valuesOf(da!)).toEqual(collect(a, b, at));
      expect(await valuesOf(db!)).toEqual(collect(b, a, at));
    }
    expect(broadcasts).toBeGreaterThan(ROUNDS / 3);
  });

  it('makes repeats explicit nodes, and none where the shapes are equal', () => {
    const [a, b] = [constant([1, 2]), constant([3, 4])];
    expect(add(a, b).inputs).toEqual([a, b]);
    expect(add(a, constant([5], [1])).inputs[1]!.op).toBe(broadcastOp);
  });
});

interface NdArray {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Small integers, so that sums are exact in any order. */
function randomArray(random: Random): NdArray {
  const shape = Array.from({ length: integer(random, 0, 4) }, () => pick(random, [1, 1, 2, 3]));
  return { shape, values: Array.from({ length: sizeOf(shape) }, () => integer(random, -9, 9)) };
}

/** NumPy's rule, said naively: prepend ones, then each pair of extents must be equal or hold a 1. */
function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const aligned = (shape: readonly number[]) => [...new Array<number>(rank - shape.length).fill(1), ...shape];
  const [x, y] = [aligned(a), aligned(b)];
  if (x.some((n, d) => n !== y[d] && n !== 1 && y[d] !== 1)) return undefined;
  return x.map((n, d) => (n === 1 ? y[d]! : n));
}

function indices(shape: readonly number[]): number[][] {
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    stridesOf(shape).map((stride, d) => Math.floor(i / stride) % shape[d]!),
  );
}

function place({ shape }: NdArray, at: readonly number[]): number {
  const strides = stridesOf(shape);
  const own = at.slice(at.length - shape.length);
  return shape.reduce((sum, n, d) => sum + (n === 1 ? 0 : own[d]! * strides[d]!), 0);
}

const element = (array: NdArray, at: readonly number[]) => array.values[place(array, at)]!;

/** The gradient of Σ x·other with respect to x: what meets each element of x, added up. */
function collect(x: NdArray, other: NdArray, at: readonly (readonly number[])[]): number[] {
  const result = x.values.map(() => 0);
  for (const i of at) result[place(x, i)]! += element(other, i);
  return result;
}
