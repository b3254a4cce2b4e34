import { describe, expect, it } from 'vitest';
import { constant, subtract, subtractOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(subtractOp);

describe('subtract: its own facts', () => {
  it('has the gradients 1 and −1, and x − x has none', async () => {
    const [a, b] = [constant([5]), constant([2])];
    expect(await gradientOf(subtract(a, b), a)).toEqual([1]);
    expect(await gradientOf(subtract(a, b), b)).toEqual([-1]);
    expect(await gradientOf(subtract(a, a), a)).toEqual([0]);
    expect(await valuesOf(subtract(1, b))).toEqual([-1]);
  });
});
