import { formatShape, sameShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import {
  add,
  divide,
  equal,
  exp,
  log,
  maximum,
  minimum,
  multiply,
  negative,
  sigmoidOp,
  stopGradient,
  subtract,
  sum,
  where,
} from '../ops/index.ts';
import { repeatAlong } from './along.ts';
import { checkSameShape, checkShare } from './check.ts';
import { mean } from './mean.ts';
import { isLabel } from './oneHot.ts';
import { shifted, softmaxLogits } from './softmax.ts';

/** Probabilities are kept this far from 0 and 1 before their logarithm is taken, as in Keras. */
export const PROBABILITY_EPSILON = 1e-7;

export interface CrossentropyOptions {
  /** The predictions are logits, to which softmax or sigmoid has not been applied. Default false. */
  readonly fromLogits?: boolean | undefined;
  /** Moves targets this share of the way to "every class alike", so that certainty does not pay. Default 0. */
  readonly labelSmoothing?: number | undefined;
}

export interface SparseCrossentropyOptions {
  /** The predictions are logits, to which softmax has not been applied. Default false. */
  readonly fromLogits?: boolean | undefined;
  /** A label whose samples have no loss: padding, or places of which nothing is known. */
  readonly ignoreClass?: number | null | undefined;
}

/**
 * Cross-entropy −Σₖ tₖ ln pₖ of predicted probabilities against target ones.
 *
 * Logits, and probabilities that softmax() made, take the stable form ln Σ e^z − zₖ; other probabilities are scaled
 * to sum 1 and clipped to [1e-7, 1 − 1e-7].
 *
 * @param targets [..., K], the probability of each class
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * categoricalCrossentropy(constant([1, 0]), constant([0.8, 0.2])); // 0.2231
 */
export function categoricalCrossentropy(
  targets: Tensor,
  predictions: Tensor,
  { fromLogits = false, labelSmoothing = 0 }: CrossentropyOptions = {},
): Tensor {
  checkSameShape('categoricalCrossentropy', targets, predictions);
  const classes = predictions.shape[predictions.rank - 1]!;
  const t = smooth(targets, labelSmoothing, classes, 'categoricalCrossentropy');
  const logits = fromLogits ? predictions : softmaxLogits(predictions);
  if (!logits) return negative(sum(multiply(t, log(clippedProbabilities(predictions))), -1));
  const centred = shifted(logits, -1);
  // Σ t (ln Σ e^z − z): the sum of t is taken for itself, so that ln Σ e^z stays one number a sample.
  const logNormalizer = log(sum(exp(centred), -1));
  return subtract(multiply(sum(t, -1), logNormalizer), sum(multiply(t, centred), -1));
}

/**
 * Cross-entropy against class numbers: −ln p_label.
 *
 * Logits, and probabilities that softmax() made, take the stable form ln Σ e^z − z_label; other probabilities are
 * scaled to sum 1 and clipped to [1e-7, 1 − 1e-7]. A label outside [0, K) is an error of the data that the graph
 * cannot see; fit() and its like check for it.
 *
 * @param labels int32 [...]
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @example
 * sparseCategoricalCrossentropy(constant([0], [1], 'int32'), constant([0.8, 0.2], [1, 2])); // [0.2231]
 */
export function sparseCategoricalCrossentropy(
  labels: Tensor,
  predictions: Tensor,
  { fromLogits = false, ignoreClass }: SparseCrossentropyOptions = {},
): Tensor {
  const classes = predictions.shape[predictions.rank - 1];
  if (classes === undefined || !sameShape(labels.shape, predictions.shape.slice(0, -1))) {
    throw new RangeError(
      `sparseCategoricalCrossentropy: expected labels [...] and predictions [..., K]; received ${formatShape(labels.shape)} and ${formatShape(predictions.shape)}. For one-hot targets use categoricalCrossentropy.`,
    );
  }
  const chosen = isLabel(labels, classes);
  const pick = (values: Tensor) => sum(where(chosen, values, 0), -1);
  const logits = fromLogits ? predictions : softmaxLogits(predictions);
  const counted = (losses: Tensor) =>
    typeof ignoreClass === 'number' ? where(equal(labels, ignoreClass), 0, losses) : losses;
  if (!logits) return counted(negative(log(pick(clippedProbabilities(predictions)))));
  const centred = shifted(logits, -1);
  return counted(subtract(log(sum(exp(centred), -1)), pick(centred)));
}

/**
 * Log loss −(t ln p + (1 − t) ln(1 − p)), averaged over the last axis.
 *
 * Logits, and probabilities that sigmoid() made, take the stable form ln(1 + e^z) − t·z; other probabilities are
 * clipped to [1e-7, 1 − 1e-7], because ln 0 is undefined.
 *
 * @param targets [..., K], each in [0, 1]
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ
 * @example
 * binaryCrossentropy(constant([1]), constant([0.73])); // 0.3147
 */
export function binaryCrossentropy(
  targets: Tensor,
  predictions: Tensor,
  { fromLogits = false, labelSmoothing = 0 }: CrossentropyOptions = {},
): Tensor {
  checkSameShape('binaryCrossentropy', targets, predictions);
  const t = smooth(targets, labelSmoothing, 2, 'binaryCrossentropy');
  return mean(crossentropies(t, predictions, fromLogits), -1);
}

/** −(t ln p + (1 − t) ln(1 − p)), one by one. */
export function crossentropies(targets: Tensor, predictions: Tensor, fromLogits: boolean): Tensor {
  const logits = fromLogits ? predictions : sigmoidLogits(predictions);
  if (logits) return subtract(softplus(logits), multiply(targets, logits));
  const p = clipProbability(predictions);
  const hit = multiply(targets, log(p));
  const miss = multiply(subtract(1, targets), log(subtract(1, p)));
  return negative(add(hit, miss));
}

/** t·(1 − s) + s/K: so much of each target is spread over the K classes. */
export function smooth(targets: Tensor, share: number, classes: number, where: string): Tensor {
  checkShare(share, `${where}: labelSmoothing`);
  return share === 0 ? targets : add(multiply(targets, 1 - share), share / classes);
}

export function clipProbability(p: Tensor): Tensor {
  return minimum(maximum(p, PROBABILITY_EPSILON), 1 - PROBABILITY_EPSILON);
}

/** ln(1 + e^z) = m + ln(e^−m + e^(z−m)) with m = max(z, 0), which is a mere shift: the gradient is sigmoid(z). */
function softplus(z: Tensor): Tensor {
  const shift = stopGradient(maximum(z, 0));
  return add(shift, log(add(exp(negative(shift)), exp(subtract(z, shift)))));
}

function sigmoidLogits(y: Tensor): Tensor | undefined {
  return y.op === sigmoidOp ? y.inputs[0] : undefined;
}

function clippedProbabilities(predictions: Tensor): Tensor {
  return clipProbability(divide(predictions, repeatAlong(sum(predictions, -1), predictions, -1)));
}
