import { describe, expect, it } from 'vitest';
import { constant, exp, expOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { interpretLowering } from '../support/lowering.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(expOp);

describe('exp: its own facts', () => {
  it('is its own derivative', async () => {
    const x = constant([0, 1, -2]);
    expect(await gradientOf(exp(x), x)).toEqual(await valuesOf(exp(x)));
  });

  it('goes to 0 and ∞ at the ends and passes NaN on', async () => {
    expect(await valuesOf(exp(constant([-Infinity, Infinity, Number.NaN])))).toEqual([
      0,
      Infinity,
      Number.NaN,
    ]);
  });

  it('has a lowering within 2 units in the last place from −86.9 to 88, and flushes to 0 below', () => {
    const node = exp(constant([0]));
    for (let x = -86.9; x <= 88; x += 0.0371) {
      const at = Math.fround(x);
      const [y] = interpretLowering(node, [Float32Array.of(at)]);
      const exact = Math.exp(at);
      expect(Math.abs(y! - exact) / exact, `e^${at}`).toBeLessThan(2 * 2 ** -23);
    }
    for (const x of [-87.4, -100, -1e30]) {
      const [y] = interpretLowering(node, [Float32Array.of(x)]);
      expect(y, `e^${x}`).toBeLessThanOrEqual(2 ** -126);
    }
  });
});
