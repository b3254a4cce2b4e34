import { describe, expect, it } from 'vitest';
import { print } from '../../src/ir/graph.ts';
import { constant, constantOp } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { plain } from '../support/differences.ts';

describe('constant', () => {
  it('keeps a copy of its values, a vector by default', async () => {
    const values = [1, 2, 3];
    const x = constant(values);
    values[0] = 9;
    expect([x.shape, x.op]).toEqual([[3], constantOp]);
    const [kept] = await evaluate([x], new Map(), plain);
    expect(Array.from(kept!)).toEqual([1, 2, 3]);
  });

  it('refuses a shape of another size', () => {
    expect(() => constant([1, 2, 3], [2, 2])).toThrow('expected 4 values');
  });

  it('prints so that different values print differently, large ones by a digest', () => {
    const large = (last: number) =>
      constant(Float32Array.from({ length: 40 }, (_, i) => (i === 39 ? last : i)));
    expect(print([constant([1, 2])])).not.toBe(print([constant([1, 3])]));
    expect(print([large(1)])).not.toBe(print([large(2)]));
    expect(print([large(1)])).toBe(print([large(1)]));
  });
});
