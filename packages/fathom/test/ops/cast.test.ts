import { describe, expect, it } from 'vitest';
import { cast, castOp, constant } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

describeOp(castOp);

describe('cast: its own facts', () => {
  it('truncates towards zero, saturates, and takes NaN to 0', async () => {
    const x = constant([1.9, -1.9, 3e9, -3e9, Number.NaN, Infinity]);
    expect(await valuesOf(cast(x, 'int32'))).toEqual([1, -1, 2147483647, -2147483648, 0, 2147483647]);
  });

  it('calls everything but 0 true, NaN too', async () => {
    expect(await valuesOf(cast(constant([0, -0, 0.1, -3, Number.NaN]), 'bool'))).toEqual([0, 0, 1, 1, 1]);
  });

  it('lets no gradient through integers', async () => {
    const x = constant([1.5, 2.5]);
    expect(await gradientOf(cast(cast(x, 'int32'), 'float32'), x)).toEqual([0, 0]);
  });

  it('returns its operand where the type is the same', () => {
    const x = constant([1]);
    expect(cast(x, 'float32')).toBe(x);
  });
});
