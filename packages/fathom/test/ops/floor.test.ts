import { describe, expect, it } from 'vitest';
import { constant, floor, floorOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(floorOp);

describe('floor: its own facts', () => {
  it('goes down, also below zero, and has no slope', async () => {
    const x = constant([1.5, -1.5, -0.25, 2]);
    expect(await valuesOf(floor(x))).toEqual([1, -2, -1, 2]);
    expect(await gradientOf(floor(x), x)).toEqual([0, 0, 0, 0]);
  });
});
