import { describe, expect, it } from 'vitest';
import { constant, windowMaxPick, windowMaxPickOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const POOL = { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] };

describeOp(windowMaxPickOp);

describe('windowMaxPick: its own facts', () => {
  it('takes z where x has its first maximum', async () => {
    const x = constant([1, 9, 9, 0], [1, 2, 2, 1]);
    const z = constant([10, 20, 30, 40], [1, 2, 2, 1]);
    expect(await valuesOf(windowMaxPick(x, z, POOL))).toEqual([20]);
    expect(await gradientOf(windowMaxPick(x, z, POOL), z)).toEqual([0, 1, 0, 0]);
  });
});
