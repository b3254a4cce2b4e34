import { describe, expect, it } from 'vitest';
import { input, inputOp } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { plain } from '../support/differences.ts';

describe('input', () => {
  it('has the shape and type it was declared with, and needs a value', async () => {
    const x = input('x', [2, 3], 'int32');
    expect([x.shape, x.dtype, x.op]).toEqual([[2, 3], 'int32', inputOp]);
    await expect(evaluate([x], new Map(), plain)).rejects.toThrow('feed it');
    const [fed] = await evaluate([x], new Map([[x, [1, 2, 3, 4, 5, 6]]]), plain);
    expect(Array.from(fed!)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('refuses a shape that is none', () => {
    expect(() => input('x', [2, -1])).toThrow('input x');
    expect(() => input('x', [1.5])).toThrow('non-negative integers');
  });
});
