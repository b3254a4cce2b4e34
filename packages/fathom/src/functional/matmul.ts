import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { contract, type IndexMap } from '../ops/index.ts';

/**
 * Matrix product y = a·b over the last axis of `a` and the last but one of `b`.
 *
 * - a [..., M, K] · b [K, N] → [..., M, N]; a vector [K] · [K, N] → [N]
 * - a [..., M, K] · b [..., K, N] → [..., M, N], with equal leading axes: one product for each of them
 *
 * @throws RangeError when the inner extents or the leading axes differ
 * @example
 * matmul(constant([1, 2], [1, 2]), constant([3, 4], [2, 1])); // [[11]]
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  const shared = b.rank - 2;
  const k = a.shape[a.rank - 1];
  const sharedFits =
    shared === 0 || (shared === a.rank - 2 && b.shape.every((n, d) => d >= shared || n === a.shape[d]));
  if (a.rank < 1 || shared < 0 || !sharedFits || k !== b.shape[shared]) {
    throw new RangeError(
      `matmul: expected [..., M, K] · [K, N] or [..., M, K] · [..., K, N] with equal leading axes; received ${formatShape(a.shape)} · ${formatShape(b.shape)}. Transpose or reshape one of them.`,
    );
  }
  const rows = a.rank - 1;
  const [nAxis, kAxis] = [rows, rows + 1];
  const at = (axis: number): IndexMap[number] => [[axis, 1]];
  const leading = a.shape.slice(0, rows);
  return contract(a, b, {
    axes: [
      ...leading.map((size, d) => ({ name: d === rows - 1 ? 'm' : `b${d}`, size })),
      { name: 'n', size: b.shape[shared + 1]! },
      { name: 'k', size: k! },
    ],
    a: [...leading.map((_, d) => at(d)), at(kAxis)],
    b: [...b.shape.slice(0, shared).map((_, d) => at(d)), at(kAxis), at(nAxis)],
    out: [...leading.map((_, d) => at(d)), at(nAxis)],
  });
}
