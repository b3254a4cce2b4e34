import { describe, expect, it } from 'vitest';
import { constant, logicalNot, logicalNotOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(logicalNotOp);

describe('logicalNot: its own facts', () => {
  it('has the truth table, and refuses numbers', async () => {
    expect(await valuesOf(logicalNot(constant([0, 1], [2], 'bool')))).toEqual([1, 0]);
    expect(() => logicalNot(constant([0, 1]))).toThrow('bool');
  });
});
