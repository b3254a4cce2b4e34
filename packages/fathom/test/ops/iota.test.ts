import { describe, expect, it } from 'vitest';
import { iota, iotaOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(iotaOp);

describe('iota: its own facts', () => {
  it('counts along its axis and repeats along the others', async () => {
    expect(await valuesOf(iota([2, 3], 1))).toEqual([0, 1, 2, 0, 1, 2]);
    expect(await valuesOf(iota([2, 3], 0))).toEqual([0, 0, 0, 1, 1, 1]);
  });
});
