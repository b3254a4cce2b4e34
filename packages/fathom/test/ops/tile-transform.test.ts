import { describe, expect, it } from 'vitest';
import {
  constant,
  multiply,
  sum,
  tileAssemble,
  tileTransform,
  tileTransformOp,
} from '../../src/ops/index.ts';
import { describeOp } from '../support/describeOp.ts';
import { valuesOf } from '../support/values.ts';

describeOp(tileTransformOp);

describe('tileTransform: its own facts', () => {
  it('cuts a picture into overlapping tiles with the identity, one plane for each place of the tile', async () => {
    const matrix = [
      [1, 0],
      [0, 1],
    ];
    const picture = constant([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const tiles = tileTransform(picture, { matrix, stride: 1 });
    expect(tiles.shape).toEqual([2, 2, 1, 2, 2, 1]);
    expect(await valuesOf(tiles)).toEqual([1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9]);
  });

  it('makes T·D·Tᵀ', async () => {
    const matrix = [
      [1, 2],
      [0, -1],
    ];
    const picture = constant([1, 2, 3, 4], [1, 2, 2, 1]);
    expect(await valuesOf(tileTransform(picture, { matrix, stride: 2 }))).toEqual([27, -10, -11, 4]);
  });

  it('is the adjoint of tileAssemble', async () => {
    const attrs = { matrix: [[1, 0, -1], [0.5, 2, 0]], stride: 2 }; // biome-ignore format: a matrix
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => ((i * 7) % 11) - 5);
    const x = constant(numbers(70), [1, 5, 7, 2]);
    const v = constant(numbers(48), [2, 2, 1, 2, 3, 2]);
    const left = await valuesOf(sum(multiply(tileTransform(x, attrs), v)));
    const right = await valuesOf(sum(multiply(x, tileAssemble(v, { ...attrs, height: 5, width: 7 }))));
    expect(left).toEqual(right);
  });
});
