import { formatShape, type Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { broadcastTogether } from '../ops/broadcast.ts';
import { contract, iota, lessEqual, logicalAnd, multiply, where } from '../ops/index.ts';
import { dropout } from './dropout.ts';
import { softmax } from './softmax.ts';

export interface AttentionOptions {
  /** bool, broadcast to [B, N, T, S]: true where query t may look at key s. A row without any looks at all alike. */
  readonly mask?: Tensor | undefined;
  /** Query t looks at keys 0 … t only. Default false. */
  readonly causal?: boolean | undefined;
  /** Factor of the scores. Default 1/√H. */
  readonly scale?: number | undefined;
  /** Drops shares of attention: the rate, and the key of the random bits (int32 [2]). Default none. */
  readonly dropout?: { readonly rate: number; readonly key: Tensor } | undefined;
}

/** What Keras gives a score that a mask forbids. */
const FORBIDDEN = -1e9;

/**
 * Scaled dot-product attention of N heads: y[b,t,n] = Σₛ softmaxₛ(scale·q[b,t,n]·k[b,s,n])·v[b,s,n].
 *
 * Dimensions: B batch, T queries, S keys, N heads, H width of queries and keys, V width of values.
 *
 * Paper: A. Vaswani et al., Attention is all you need (2017).
 *
 * @param query [B, T, N, H]
 * @param key [B, S, N, H]
 * @param value [B, S, N, V]
 * @returns the result [B, T, N, V] and the shares of attention [B, N, T, S]
 * @throws RangeError when the shapes do not belong together
 * @example
 * dotProductAttention(ones([2, 3, 1, 4]), ones([2, 5, 1, 4]), ones([2, 5, 1, 6])).y.shape; // [2, 3, 1, 6]
 */
export function dotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): { readonly y: Tensor; readonly shares: Tensor } {
  checkShapes(query.shape, key.shape, value.shape);
  const [b, t, n, h] = query.shape as [number, number, number, number];
  const [, s, , v] = value.shape as [number, number, number, number];
  const { scale = 1 / Math.sqrt(h), mask, causal = false } = options;
  const at = (axis: number) => [[axis, 1]] as const;
  const size = (name: string, extent: number) => ({ name, size: extent });
  const scores = contract(multiply(query, scale), key, {
    axes: [size('b', b), size('n', n), size('t', t), size('s', s), size('h', h)],
    a: [at(0), at(2), at(1), at(4)],
    b: [at(0), at(3), at(1), at(4)],
    out: [at(0), at(1), at(2), at(3)],
  });
  const all = softmax(forbid(scores, mask, causal));
  const { dropout: drop } = options;
  const shares = drop && drop.rate > 0 ? dropout(all, drop.rate, drop.key) : all;
  const y = contract(shares, value, {
    axes: [size('b', b), size('t', t), size('n', n), size('v', v), size('s', s)],
    a: [at(0), at(2), at(1), at(4)],
    b: [at(0), at(4), at(2), at(3)],
    out: [at(0), at(1), at(2), at(3)],
  });
  return { y, shares };
}

/** bool [T, S]: true where s ≤ t. */
export function causalMask(queries: number, keys: number): Tensor {
  return lessEqual(iota([queries, keys], 1), iota([queries, keys], 0));
}

function forbid(scores: Tensor, mask: Tensor | undefined, causal: boolean): Tensor {
  const masks = causal ? [causalMask(scores.shape[2]!, scores.shape[3]!)] : [];
  if (mask) masks.push(mask);
  if (masks.length === 0) return scores;
  const allowed = masks.reduce((a, b) => {
    const [x, y] = broadcastTogether('dotProductAttention: mask', a, b);
    return logicalAnd(x!, y!);
  });
  return where(allowed, scores, FORBIDDEN);
}

function checkShapes(query: Shape, key: Shape, value: Shape): void {
  const fits =
    query.length === 4 &&
    key.length === 4 &&
    value.length === 4 &&
    key[0] === query[0] &&
    value[0] === query[0] &&
    key[1] === value[1] &&
    key[2] === query[2] &&
    value[2] === query[2] &&
    key[3] === query[3];
  if (fits) return;
  throw new RangeError(
    `dotProductAttention: expected query [B, T, N, H], key [B, S, N, H] and value [B, S, N, V]; received ${formatShape(query)}, ${formatShape(key)} and ${formatShape(value)}.`,
  );
}
