import { describe, expect, it } from 'vitest';
import { constant, tileAssemble, tileAssembleOp } from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(tileAssembleOp);

describe('tileAssemble: its own facts', () => {
  it('adds tiles where they overlap, and leaves places of no tile at 0', async () => {
    const attrs = { matrix: [[1, 1]], stride: 1, height: 2, width: 3 };
    const tiles = constant([1, 10], [1, 1, 1, 1, 2, 1]);
    expect(await valuesOf(tileAssemble(tiles, attrs))).toEqual([1, 11, 10, 1, 11, 10]);
    const apart = { matrix: [[1]], stride: 2, height: 2, width: 4 };
    expect(await valuesOf(tileAssemble(tiles, apart))).toEqual([1, 0, 10, 0, 0, 0, 0, 0]);
  });
});
