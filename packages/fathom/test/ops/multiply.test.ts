import { describe, expect, it } from 'vitest';
import { constant, multiply, multiplyOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(multiplyOp);

describe('multiply: its own facts', () => {
  it('has the gradient 2x for x·x, where both operands are one node', async () => {
    const x = constant([3, -4]);
    expect(await gradientOf(multiply(x, x), x)).toEqual([6, -8]);
  });

  it('wraps int32 exactly, also where the product has more than 53 bits', async () => {
    const x = constant([2147483647, 65537, -123456789], [3], 'int32');
    const y = constant([2147483647, 65539, 987654321], [3], 'int32');
    expect(await valuesOf(multiply(x, y))).toEqual([
      Math.imul(2147483647, 2147483647),
      Math.imul(65537, 65539),
      Math.imul(-123456789, 987654321),
    ]);
  });
});
