import { describe, expect, it } from 'vitest';
import { constant, lessEqual, sqrt, where, whereOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(whereOp);

describe('where: its own facts', () => {
  it('takes the gradient only where an operand was chosen', async () => {
    const a = constant([1, 2]);
    const chosen = where(constant([1, 0], [2], 'bool'), a, 9);
    expect(await valuesOf(chosen)).toEqual([1, 9]);
    expect(await gradientOf(chosen, a)).toEqual([1, 0]);
  });

  it('does not let the value of the other branch through, not even NaN', async () => {
    const x = constant([-1, 4]);
    expect(await valuesOf(where(lessEqual(0, x), sqrt(x), 0))).toEqual([0, 2]);
  });
});
