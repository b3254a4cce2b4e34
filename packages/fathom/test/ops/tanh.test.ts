import { describe, expect, it } from 'vitest';
import { constant, tanh, tanhOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { interpretLowering } from '../support/lowering.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(tanhOp);

describe('tanh: its own facts', () => {
  it('is odd, has slope 1 at 0 and none far out', async () => {
    const x = constant([0, 1, -1, 50]);
    const [zero, one, minus, far] = await valuesOf(tanh(x));
    expect([zero, far]).toEqual([0, 1]);
    expect(one).toBe(-minus!);
    const slopes = await gradientOf(tanh(x), x);
    expect([slopes[0], slopes[3]]).toEqual([1, 0]);
  });

  it('has a lowering within 3 units in the last place of small x, of large x and on both sides of 0', () => {
    const node = tanh(constant([0]));
    const sizes = Array.from({ length: 5000 }, (_, i) => 10 ** (-8 + 9.1 * (i / 4999)));
    const even = Array.from({ length: 5406 }, (_, i) => -10 + 0.0037 * i);
    for (const at of [...even, ...sizes.flatMap((size) => [size, -size])].map(Math.fround)) {
      const [y] = interpretLowering(node, [Float32Array.of(at)]);
      const exact = Math.tanh(at);
      expect(Math.abs(y! - exact), `tanh ${at}`).toBeLessThanOrEqual(3 * 2 ** -23 * Math.abs(exact));
    }
  });
});
