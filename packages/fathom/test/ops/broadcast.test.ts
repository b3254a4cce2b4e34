import { describe, expect, it } from 'vitest';
import { broadcast, broadcastOp, constant, full, multiply, sum, zeros } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(broadcastOp);

describe('broadcast: its own facts', () => {
  it('repeats along the axes that are not named', async () => {
    expect(await valuesOf(broadcast(constant([1, 2]), [2, 3], [0]))).toEqual([1, 1, 1, 2, 2, 2]);
    expect(await valuesOf(broadcast(constant([1, 2, 3]), [2, 3], [1]))).toEqual([1, 2, 3, 1, 2, 3]);
  });

  it('is the adjoint of sum: ⟨broadcast x, y⟩ = ⟨x, sum y⟩', async () => {
    const x = constant([1, -2, 3]);
    const y = constant([4, 5, -6, 7, 8, 9], [2, 3]);
    const left = await valuesOf(sum(multiply(broadcast(x, [2, 3], [1]), y)));
    const right = await valuesOf(sum(multiply(x, sum(y, 0))));
    expect(left).toEqual(right);
  });

  it('refuses axes that are not in order: it repeats, it does not transpose', () => {
    expect(() => broadcast(constant([1, 2, 3, 4], [2, 2]), [2, 2, 3], [1, 0])).toThrow('does not lie along');
  });

  it('returns its operand where nothing repeats, and grows a uniform tensor instead of repeating it', () => {
    const x = zeros([2, 3]);
    expect(broadcast(x, [2, 3], [0, 1])).toBe(x);
    expect(broadcast(full([], 7), [4], []).inputs).toHaveLength(0);
  });
});
