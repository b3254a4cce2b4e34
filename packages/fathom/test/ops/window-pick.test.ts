import { describe, expect, it } from 'vitest';
import { constant, windowPick, windowPickOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

const POOL = { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] };

describeOp(windowPickOp);

describe('windowPick: its own facts', () => {
  it('takes the value at the place that the index names', async () => {
    const x = constant([5, 6, 7, 8, 1, 2, 3, 4], [1, 2, 4, 1]);
    expect(await valuesOf(windowPick(constant([3, 0], [1, 1, 2, 1], 'int32'), x, POOL))).toEqual([2, 7]);
  });
});
