import { describe, expect, it } from 'vitest';
import { constant, minimum, minimumOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(minimumOp);

describe('minimum: its own facts', () => {
  it('gives the gradient of a tie to the second operand', async () => {
    const [a, b] = [constant([1, 2]), constant([1, 3])];
    expect(await valuesOf(minimum(a, b))).toEqual([1, 2]);
    expect(await gradientOf(minimum(a, b), a)).toEqual([0, 1]);
    expect(await gradientOf(minimum(a, b), b)).toEqual([1, 0]);
  });

  it('passes NaN of the first operand on', async () => {
    expect(await valuesOf(minimum(constant([Number.NaN]), 0))).toEqual([Number.NaN]);
  });
});
