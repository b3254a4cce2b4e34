import { describe, expect, it } from 'vitest';
import { constant, multiply, stopGradient, stopGradientOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(stopGradientOp);

describe('stopGradient: its own facts', () => {
  it('passes the value and holds the gradient back', async () => {
    const x = constant([3]);
    expect(await valuesOf(stopGradient(x))).toEqual([3]);
    expect(await gradientOf(multiply(x, stopGradient(x)), x)).toEqual([3]);
  });
});
