import { formatShape, normalizeAxis } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add, broadcast, divide, multiply, reshape, sqrt, subtract } from '../ops/index.ts';
import { mean } from './mean.ts';

/** Keras' default. */
export const NORM_EPSILON = 1e-3;

export interface LayerNormOptions {
  /** Axes over which a sample is normalized; negative ones count from the end. Default −1. */
  readonly axes?: number | readonly number[] | undefined;
  /** Factor and summand for each place of these axes, of their shape; none by default. */
  readonly gamma?: Tensor | undefined;
  readonly beta?: Tensor | undefined;
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number | undefined;
}

export interface GroupNormOptions {
  /** Groups of neighbouring channels; −1 gives each channel its own. */
  readonly groups: number;
  /** [C] each; none by default. */
  readonly gamma?: Tensor | undefined;
  readonly beta?: Tensor | undefined;
  /** Added to the variance. Default 1e-3. */
  readonly epsilon?: number | undefined;
}

/**
 * Brings the values along some axes to mean 0 and variance 1: y = gamma·(x − mean)/√(variance + epsilon) + beta.
 *
 * Paper: J. Ba, J. Kiros, G. Hinton, Layer normalization (2016).
 *
 * @param x any shape; the result has it too
 * @example
 * layerNorm(constant([1, 3, 2, 6], [2, 2]), { epsilon: 1e-9 }); // [[-1, 1], [-1, 1]]
 */
export function layerNorm(x: Tensor, options: LayerNormOptions = {}): Tensor {
  const { gamma, beta, epsilon = NORM_EPSILON } = options;
  const axes = axesOf(options.axes ?? -1, x.rank, 'layerNorm');
  const centred = subtract(x, spread(mean(x, axes), x, axes));
  const variance = mean(multiply(centred, centred), axes);
  return scaled(multiply(centred, spread(inverseRoot(variance, epsilon), x, axes)), axes, gamma, beta);
}

/**
 * Brings the values along some axes to mean square 1: y = gamma·x/√(mean x² + epsilon). Nothing is subtracted.
 *
 * Paper: B. Zhang, R. Sennrich, Root mean square layer normalization (2019).
 *
 * @param x any shape; the result has it too
 * @example
 * rmsNorm(constant([1, -1, 7, 7], [2, 2]), { epsilon: 1e-9 }); // [[1, -1], [1, 1]]
 */
export function rmsNorm(x: Tensor, options: Omit<LayerNormOptions, 'beta'> = {}): Tensor {
  const { gamma, epsilon = RMS_EPSILON } = options;
  const axes = axesOf(options.axes ?? -1, x.rank, 'rmsNorm');
  const square = mean(multiply(x, x), axes);
  return scaled(multiply(x, spread(inverseRoot(square, epsilon), x, axes)), axes, gamma, undefined);
}

/**
 * Layer normalization of each group of channels on its own, over all places of a sample:
 * y = gamma·(x − mean)/√(variance + epsilon) + beta.
 *
 * Paper: Y. Wu, K. He, Group normalization (2018).
 *
 * @param x [B, ..., C]; the result has that shape too
 * @throws RangeError when the groups do not divide the channels
 * @example
 * groupNorm(constant([1, 3, 10, 30], [1, 4]), { groups: 2, epsilon: 1e-9 }); // [[-1, 1, -1, 1]]
 */
export function groupNorm(x: Tensor, options: GroupNormOptions): Tensor {
  const { gamma, beta, epsilon } = options;
  const channels = x.shape[x.rank - 1] ?? 0;
  const groups = options.groups === -1 ? channels : options.groups;
  if (x.rank < 2 || !(groups >= 1) || channels % groups !== 0) {
    throw new RangeError(
      `groupNorm: expected [B, ..., C] with C a multiple of groups = ${groups}; received ${formatShape(x.shape)}.`,
    );
  }
  const grouped = reshape(x, [...x.shape.slice(0, -1), groups, channels / groups]);
  const axes = grouped.shape.map((_, axis) => axis).filter((axis) => axis !== 0 && axis !== x.rank - 1);
  const y = reshape(layerNorm(grouped, { axes, epsilon }), x.shape);
  return scaled(y, [x.rank - 1], gamma, beta);
}

/** Keras' default of RMSNormalization. */
const RMS_EPSILON = 1e-6;

function axesOf(axes: number | readonly number[], rank: number, where: string): number[] {
  const list = (typeof axes === 'number' ? [axes] : axes).map((axis) => normalizeAxis(axis, rank, where));
  return [...new Set(list)].sort((a, b) => a - b);
}

/** One quotient a sample, so that a product remains for each element. */
function inverseRoot(x: Tensor, epsilon: number): Tensor {
  return divide(1, sqrt(add(x, epsilon)));
}

/** Repeats `reduced`, which is `like` without `axes`, along them again. */
function spread(reduced: Tensor, like: Tensor, axes: readonly number[]): Tensor {
  const kept = like.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  return broadcast(reduced, like.shape, kept);
}

function scaled(
  x: Tensor,
  axes: readonly number[],
  gamma: Tensor | undefined,
  beta: Tensor | undefined,
): Tensor {
  const y = gamma ? multiply(x, broadcast(gamma, x.shape, axes)) : x;
  return beta ? add(y, broadcast(beta, x.shape, axes)) : y;
}
