import { describe, expect, it } from 'vitest';
import { constant, logicalOr, logicalOrOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(logicalOrOp);

describe('logicalOr: its own facts', () => {
  it('has the truth table', async () => {
    const a = constant([0, 0, 1, 1], [4], 'bool');
    const b = constant([0, 1, 0, 1], [4], 'bool');
    expect(await valuesOf(logicalOr(a, b))).toEqual([0, 1, 1, 1]);
  });
});
