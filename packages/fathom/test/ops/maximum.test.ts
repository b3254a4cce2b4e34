import { describe, expect, it } from 'vitest';
import { constant, maximum, maximumOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(maximumOp);

describe('maximum: its own facts', () => {
  it('makes a ReLU whose slope at 0 is 0', async () => {
    const x = constant([-1, 0, 2]);
    const relu = maximum(x, 0);
    expect(await valuesOf(relu)).toEqual([0, 0, 2]);
    expect(await gradientOf(relu, x)).toEqual([0, 0, 1]);
  });

  it('gives the gradient of a tie to the second operand', async () => {
    const [a, b] = [constant([1]), constant([1])];
    expect(await gradientOf(maximum(a, b), a)).toEqual([0]);
    expect(await gradientOf(maximum(a, b), b)).toEqual([1]);
  });

  it('passes NaN of the first operand on', async () => {
    expect(await valuesOf(maximum(constant([Number.NaN]), 0))).toEqual([Number.NaN]);
  });
});
