import { describe, expect, it } from 'vitest';
import { constant, lessEqual, lessEqualOp, where } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(lessEqualOp);

describe('lessEqual: its own facts', () => {
  it('orders numbers, and nothing holds for NaN', async () => {
    const a = constant([1, 2, 3, Number.NaN, 1]);
    const b = constant([2, 2, 2, 1, Number.NaN]);
    expect(await valuesOf(lessEqual(a, b))).toEqual([1, 1, 0, 0, 0]);
  });

  it('has no gradient', async () => {
    const x = constant([1, 2]);
    expect(await gradientOf(where(lessEqual(x, 1.5), 3, 4), x)).toEqual([0, 0]);
  });
});
