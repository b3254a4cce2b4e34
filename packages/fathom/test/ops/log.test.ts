import { describe, expect, it } from 'vitest';
import { constant, exp, log, logOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { interpretLowering } from '../support/lowering.ts';
import { valuesOf } from '../support/values.ts';

describeOp(logOp);

describe('log: its own facts', () => {
  it('undoes exp', async () => {
    const x = constant([-3, 0, 0.5, 7]);
    const back = await valuesOf(log(exp(x)));
    back.forEach((y, i) => {
      expect(y).toBeCloseTo([-3, 0, 0.5, 7][i]!, 12);
    });
  });

  it('is −∞ at 0 and NaN below', async () => {
    expect(await valuesOf(log(constant([0, -0, -1, Infinity])))).toEqual([
      -Infinity,
      -Infinity,
      Number.NaN,
      Infinity,
    ]);
  });

  it('gives the cross-entropies of the lectures: BCE(0.73, 1) = 0.3147, −log 0.8 = 0.2231', async () => {
    const [bce, ce] = await valuesOf(log(constant([0.73, 0.8])));
    expect(-bce!).toBeCloseTo(0.3147, 4);
    expect(-ce!).toBeCloseTo(0.2231, 4);
    expect(-bce! / Math.LN10, 'what one deck prints as 0.14').toBeCloseTo(0.1367, 4);
  });

  it('has a lowering within 2 units in the last place from the smallest numbers to the largest', () => {
    const node = log(constant([1]));
    for (let e = -126; e < 127; e += 0.173) {
      const x = Math.fround(2 ** e);
      const [y] = interpretLowering(node, [Float32Array.of(x)]);
      const exact = Math.log(x);
      expect(Math.abs(y! - exact), `log ${x}`).toBeLessThanOrEqual(2 * 2 ** -23 * Math.abs(exact));
    }
  });
});
