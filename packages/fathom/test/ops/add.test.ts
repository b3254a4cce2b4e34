import { describe, expect, it } from 'vitest';
import { add, addOp, constant } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(addOp);

describe('add: its own facts', () => {
  it('broadcasts as NumPy does, and sums the gradient over what was repeated', async () => {
    const a = constant([1, 2, 3], [3, 1]);
    const b = constant([10, 20]);
    expect(add(a, b).shape).toEqual([3, 2]);
    expect(await valuesOf(add(a, b))).toEqual([11, 21, 12, 22, 13, 23]);
    expect(await gradientOf(add(a, b), a)).toEqual([2, 2, 2]);
    expect(await gradientOf(add(a, b), b)).toEqual([3, 3]);
  });

  it('wraps int32', async () => {
    const sum = add(constant([2147483647], [1], 'int32'), constant([1], [1], 'int32'));
    expect(await valuesOf(sum)).toEqual([-2147483648]);
  });

  it('takes a number as a scalar of the other operand’s type', () => {
    expect(add(constant([1], [1], 'int32'), 2).dtype).toBe('int32');
    expect(add(2, constant([1])).dtype).toBe('float32');
  });
});
