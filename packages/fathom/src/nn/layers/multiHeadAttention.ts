import { dotProductAttention } from '../../functional/attention.ts';
import { matmul } from '../../functional/matmul.ts';
import { formatShape, type Shape, sizeOf } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { broadcastTogether } from '../../ops/broadcast.ts';
import { add, cast, logicalAnd, reshape } from '../../ops/index.ts';
import {
  type BuildScope,
  type CallContext,
  checkPositiveInteger,
  type LayerOptions,
  MergeLayer,
} from '../layer.ts';
import { checkRate } from './rate.ts';
import { type BiasOptions, type KernelOptions, WeightRecipe } from './weightRecipe.ts';

export interface MultiHeadAttentionOptions extends LayerOptions, KernelOptions, BiasOptions {
  readonly numHeads: number;
  /** Width of the queries and keys of one head. */
  readonly keyDim: number;
  /** Width of the values of one head. Default keyDim. */
  readonly valueDim?: number | undefined;
  /** Share of attention that is dropped while training. Default 0. */
  readonly dropout?: number | undefined;
  /** Default true. */
  readonly useBias?: boolean | undefined;
  /** Step t sees the steps 0 … t only. In Keras an argument of the call. Default false. */
  readonly useCausalMask?: boolean | undefined;
  /** Width of a step of the result. Default that of the query. */
  readonly outputDim?: number | undefined;
}

/** The maps of one projection: [..., A] · kernel [A, ...shape] + bias [...shape]. */
interface Projection {
  readonly kernel: Variable;
  readonly bias: Variable | undefined;
}

/**
 * Attention of several heads: each head maps queries, keys and values to a width of its own, takes for each query the
 * mean of the values, weighted by softmax(query·key/√keyDim), and a last map brings the heads together.
 *
 * Called on [query, value], [query, value, key] or [query, value, key, mask]; without a key, the value is the key. For
 * self-attention query and value are the same. The mask [T, S] of a sample, or [1, S], is 1 (or true) where query t
 * may look at key s; masks of sequences count as well, and the query's goes on.
 *
 * Dimensions: T queries, S keys, A, C, E widths of query, value and key, N numHeads, H keyDim, V valueDim, O outputDim.
 * Shapes [T, A], [S, C], [S, E] → [T, O]. Weights, named and shaped as in Keras: query/kernel [A, N, H], query/bias
 * [N, H], key/kernel [E, N, H], key/bias, value/kernel [C, N, V], value/bias, attentionOutput/kernel [N, V, O],
 * attentionOutput/bias [O].
 *
 * Paper: A. Vaswani et al., Attention is all you need (2017).
 *
 * @throws RangeError on options that are not positive, and on shapes that do not belong together
 * @example
 * const x = input({ shape: [64, 128] });
 * const y = layers.multiHeadAttention({ numHeads: 4, keyDim: 32 })([x, x]); // samples of shape [64, 128]
 */
export function multiHeadAttention(options: MultiHeadAttentionOptions): MultiHeadAttention {
  return new MultiHeadAttention(options);
}

export class MultiHeadAttention extends MergeLayer {
  readonly type = 'multiHeadAttention';
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly dropout: number;
  readonly useBias: boolean;
  readonly useCausalMask: boolean;
  readonly outputDim: number | undefined;
  readonly #kernel: WeightRecipe;
  readonly #bias: WeightRecipe;
  #query: Projection | undefined;
  #key: Projection | undefined;
  #value: Projection | undefined;
  #output: Projection | undefined;

  constructor(options: MultiHeadAttentionOptions) {
    super(options);
    const name = options.name ?? 'multiHeadAttention';
    checkPositiveInteger(options.numHeads, `${name}: numHeads`);
    checkPositiveInteger(options.keyDim, `${name}: keyDim`);
    this.numHeads = options.numHeads;
    this.keyDim = options.keyDim;
    this.valueDim = options.valueDim ?? options.keyDim;
    checkPositiveInteger(this.valueDim, `${name}: valueDim`);
    this.outputDim = options.outputDim;
    if (this.outputDim !== undefined) checkPositiveInteger(this.outputDim, `${name}: outputDim`);
    this.dropout = checkRate(options.dropout ?? 0, `${name}: dropout`);
    this.useBias = options.useBias ?? true;
    this.useCausalMask = options.useCausalMask ?? false;
    this.#kernel = new WeightRecipe('kernel', options, name);
    this.#bias = new WeightRecipe('bias', options, name, 'zeros');
  }

  build(inputShapes: readonly Shape[], scope: BuildScope): Shape {
    const [query, value, key = value, mask] = inputShapes;
    const fits =
      inputShapes.length <= MOST_INPUTS &&
      query?.length === 2 &&
      value?.length === 2 &&
      key?.length === 2 &&
      key[0] === value[0] &&
      (!mask || (mask.length === 2 && (mask[0] === query[0] || mask[0] === 1) && mask[1] === value[0]));
    if (!fits) {
      throw new RangeError(
        `${this.name}: expected samples of a query [T, A], a value [S, C] and, if any, a key [S, E] and a mask [T, S] or [1, S]; received ${inputShapes.map(formatShape).join(', ')}. For self-attention call it on [x, x].`,
      );
    }
    const { numHeads: heads, keyDim, valueDim } = this;
    const width = this.outputDim ?? query[1]!;
    this.#query = this.#project(scope, 'query', [query[1]!], [heads, keyDim]);
    this.#key = this.#project(scope, 'key', [key[1]!], [heads, keyDim]);
    this.#value = this.#project(scope, 'value', [value[1]!], [heads, valueDim]);
    this.#output = this.#project(scope, 'attentionOutput', [heads, valueDim], [width]);
    return [query[0]!, width];
  }

  call(xs: readonly Tensor[], context: CallContext): Tensor {
    const [query, value, key = value, mask] = xs as readonly [Tensor, Tensor, Tensor?, Tensor?];
    const { y } = dotProductAttention(
      mapped(query, this.#query!, context),
      mapped(key, this.#key!, context),
      mapped(value, this.#value!, context),
      {
        mask: this.#allowed(query, value, key, mask, context),
        causal: this.useCausalMask,
        dropout:
          context.training && this.dropout > 0
            ? { rate: this.dropout, key: context.randomKey(this) }
            : undefined,
      },
    );
    const [batch, steps] = y.shape as [number, number];
    const together = reshape(y, [batch, steps, this.numHeads * this.valueDim]);
    const result = mapped(together, this.#output!, context);
    const own = context.maskOf(query);
    if (own) context.setMask(result, own);
    return result;
  }

  protected options(): Record<string, unknown> {
    const { numHeads, keyDim, valueDim, dropout, useBias, useCausalMask, outputDim } = this;
    return {
      numHeads,
      keyDim,
      valueDim,
      dropout,
      useBias,
      useCausalMask,
      ...(outputDim === undefined ? {} : { outputDim }),
      ...this.#kernel.config(),
      ...this.#bias.config(),
    };
  }

  #project(scope: BuildScope, name: string, from: Shape, to: Shape): Projection {
    return {
      kernel: this.#kernel.add(scope, `${name}/kernel`, [...from, ...to]),
      bias: this.useBias ? this.#bias.add(scope, `${name}/bias`, to) : undefined,
    };
  }

  /** The mask given and those of the sequences, as one that broadcasts to [B, N, T, S]. */
  #allowed(
    query: Tensor,
    value: Tensor,
    key: Tensor,
    mask: Tensor | undefined,
    context: CallContext,
  ): Tensor | undefined {
    const truths = (m: Tensor) => (m.dtype === 'bool' ? m : cast(m, 'bool'));
    const [queries, ...keys] = [query, value, ...(key === value ? [] : [key])].map((x) => context.maskOf(x));
    const masks = [
      ...(mask ? [reshape(truths(mask), [mask.shape[0]!, 1, mask.shape[1]!, mask.shape[2]!])] : []),
      ...(queries ? [reshape(queries, [queries.shape[0]!, 1, queries.shape[1]!, 1])] : []),
      ...keys.flatMap((m) => (m ? [reshape(m, [m.shape[0]!, 1, 1, m.shape[1]!])] : [])),
    ];
    if (masks.length === 0) return undefined;
    return masks.reduce((a, b) => {
      const [left, right] = broadcastTogether(`${this.name}: mask`, a, b);
      return logicalAnd(left!, right!);
    });
  }
}

/** x [B, T, K] times a kernel of which the first axes make up K; the others follow [B, T] in the result. */
function mapped(x: Tensor, { kernel, bias }: Projection, context: CallContext): Tensor {
  const width = x.shape[2]!;
  const flat = reshape(context.read(kernel), [width, sizeOf(kernel.shape) / width]);
  const product = matmul(x, flat);
  const whole = bias ? add(product, reshape(context.read(bias), [bias.size])) : product;
  let consumed = 0;
  for (let size = 1; size < width || consumed === 0; consumed++) size *= kernel.shape[consumed]!;
  return reshape(whole, [x.shape[0]!, x.shape[1]!, ...kernel.shape.slice(consumed)]);
}

const MOST_INPUTS = 4;
