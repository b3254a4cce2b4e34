import { describe, expect, it } from 'vitest';
import { constant, sigmoid, sigmoidOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(sigmoidOp);

describe('sigmoid: its own facts', () => {
  it('is ½ at 0 with slope ¼, and stays finite with its gradient far out', async () => {
    const x = constant([0, 800, -800]);
    expect(await valuesOf(sigmoid(x))).toEqual([0.5, 1, 0]);
    expect(await gradientOf(sigmoid(x), x)).toEqual([0.25, 0, 0]);
  });

  it('is symmetric: σ(x) + σ(−x) = 1', async () => {
    const [a, b] = await valuesOf(sigmoid(constant([1.7, -1.7])));
    expect(a! + b!).toBeCloseTo(1, 14);
  });
});
