import { describe, expect, it } from 'vitest';
import { constant, expm1, expm1Op } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { interpretLowering } from '../support/lowering.ts';

describeOp(expm1Op);

describe('expm1: its own facts', () => {
  it('has a lowering within 2 units in the last place of small x and of large x, below 0 and above', () => {
    const node = expm1(constant([0]));
    const sizes = Array.from({ length: 3000 }, (_, i) => 10 ** (-8 + 9.94 * (i / 2999)));
    for (const at of sizes.flatMap((size) => [Math.fround(size), Math.fround(-size)])) {
      const [y] = interpretLowering(node, [Float32Array.of(at)]);
      const exact = Math.expm1(at);
      expect(Math.abs(y! - exact), `e^${at} − 1`).toBeLessThanOrEqual(2 * 2 ** -23 * Math.abs(exact));
    }
  });

  it('overflows where eˣ does, and not before', () => {
    const node = expm1(constant([0]));
    const at = (x: number) => interpretLowering(node, [Float32Array.of(x)])[0];
    expect(at(88.7)).toBeLessThan(Infinity);
    expect(at(88.73)).toBe(Infinity);
  });
});
