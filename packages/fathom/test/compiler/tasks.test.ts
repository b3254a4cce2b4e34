import { describe, expect, it } from 'vitest';
import { chooseShared, type LoopPlan } from '../../src/compiler/tasks.ts';

const plan = (axis: number, blocks: number): LoopPlan => ({
  axis,
  segments: [{ start: 0, blocks, size: 1 }],
});
const shared = (loops: readonly LoopPlan[], favoured?: number) => chooseShared(loops, favoured)?.axis;

describe('chooseShared', () => {
  it('takes the loop that divides most evenly, the outermost among equals', () => {
    expect(shared([plan(0, 3), plan(1, 8)])).toBe(1);
    expect(shared([plan(0, 8), plan(1, 64)])).toBe(0);
    expect(shared([plan(0, 1), plan(1, 1)])).toBeUndefined();
  });

  it('takes the loop that is favoured where it divides as evenly, and not where it does not', () => {
    expect(shared([plan(0, 8), plan(1, 64)], 1)).toBe(1);
    expect(shared([plan(0, 8), plan(1, 3)], 1)).toBe(0);
  });
});
