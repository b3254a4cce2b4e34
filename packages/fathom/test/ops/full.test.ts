import { describe, expect, it } from 'vitest';
import { full, fullOp, ones, zeros } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(fullOp);

describe('full: its own facts', () => {
  it('fills any shape with one value', async () => {
    expect(await valuesOf(full([2, 2], -3))).toEqual([-3, -3, -3, -3]);
    expect(await valuesOf(zeros([2]))).toEqual([0, 0]);
    expect(await valuesOf(ones([], 'int32'))).toEqual([1]);
  });
});
