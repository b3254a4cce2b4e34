import { describe, expect, it } from 'vitest';
import { constant, windowArgmax, windowArgmaxOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

const POOL = { window: [1, 2, 2, 1], strides: [1, 2, 2, 1] };

describeOp(windowArgmaxOp);

describe('windowArgmax: its own facts', () => {
  it('names the first maximum in row-major order', async () => {
    const x = constant([1, 1, 0, 2, 1, 1, 2, 2], [1, 2, 4, 1]);
    expect(await valuesOf(windowArgmax(x, POOL))).toEqual([0, 1]);
  });
});
