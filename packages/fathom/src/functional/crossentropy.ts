import { formatShape, sameShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import {
  add,
  divide,
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
import { mean } from './mean.ts';
import { isLabel } from './oneHot.ts';
import { shifted, softmaxLogits } from './softmax.ts';

/** Probabilities are kept this far from 0 and 1 before their logarithm is taken, as in Keras. */
export const PROBABILITY_EPSILON = 1e-7;

export interface CrossentropyOptions {
  /** The predictions are logits, to which softmax or sigmoid has not been applied. Default false. */
  readonly fromLogits?: boolean;
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
  { fromLogits = false }: CrossentropyOptions = {},
): Tensor {
  checkSameShape('categoricalCrossentropy', targets, predictions);
  const logits = fromLogits ? predictions : softmaxLogits(predictions);
  if (!logits) return negative(sum(multiply(targets, log(clippedProbabilities(predictions))), -1));
  const centred = shifted(logits, -1);
  // Σ t (ln Σ e^z − z): the sum of t is taken for itself, so that ln Σ e^z stays one number a sample.
  const logNormalizer = log(sum(exp(centred), -1));
  return subtract(multiply(sum(targets, -1), logNormalizer), sum(multiply(targets, centred), -1));
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
  { fromLogits = false }: CrossentropyOptions = {},
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
  if (!logits) return negative(log(pick(clippedProbabilities(predictions))));
  const centred = shifted(logits, -1);
  return subtract(log(sum(exp(centred), -1)), pick(centred));
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
  { fromLogits = false }: CrossentropyOptions = {},
): Tensor {
  checkSameShape('binaryCrossentropy', targets, predictions);
  const logits = fromLogits ? predictions : sigmoidLogits(predictions);
  if (logits) return mean(subtract(softplus(logits), multiply(targets, logits)), -1);
  const p = clip(predictions);
  const hit = multiply(targets, log(p));
  const miss = multiply(subtract(1, targets), log(subtract(1, p)));
  return mean(negative(add(hit, miss)), -1);
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
  return clip(divide(predictions, repeatAlong(sum(predictions, -1), predictions, -1)));
}

function clip(p: Tensor): Tensor {
  return minimum(maximum(p, PROBABILITY_EPSILON), 1 - PROBABILITY_EPSILON);
}

export function checkSameShape(name: string, targets: Tensor, predictions: Tensor): void {
  if (!sameShape(targets.shape, predictions.shape) || predictions.rank === 0) {
    throw new RangeError(
      `${name}: expected targets of the predictions' shape ${formatShape(predictions.shape)}; received ${formatShape(targets.shape)}.`,
    );
  }
}
