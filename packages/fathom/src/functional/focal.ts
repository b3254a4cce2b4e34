import type { Tensor } from '../ir/tensor.ts';
import { add, divide, exp, log, maximum, multiply, negative, sigmoid, subtract, sum } from '../ops/index.ts';
import { repeatAlong } from './along.ts';
import { checkNotNegative, checkSameShape, checkShare } from './check.ts';
import {
  type CrossentropyOptions,
  clipProbability,
  crossentropies,
  PROBABILITY_EPSILON,
  smooth,
} from './crossentropy.ts';
import { mean } from './mean.ts';
import { logSoftmax, softmax, softmaxLogits } from './softmax.ts';

export interface FocalOptions extends CrossentropyOptions {
  /** How much less easy samples count. Default 2. */
  readonly gamma?: number | undefined;
  /** Weight of the classes. Default 0.25. */
  readonly alpha?: number | undefined;
}

export interface BinaryFocalOptions extends FocalOptions {
  /** Weighs yes with alpha and no with 1 − alpha; otherwise alpha has no effect. Default false. */
  readonly applyClassBalancing?: boolean | undefined;
}

/**
 * Binary cross-entropy in which samples that are right already count less: the mean over the last axis of
 * (1 − pₜ)^γ · BCE, with pₜ = t·p + (1 − t)(1 − p). With γ = 0 it is binary cross-entropy.
 *
 * Where 1 − pₜ is below 1e-7, and γ no integer, the factor has no gradient.
 *
 * Paper: T.-Y. Lin et al., Focal loss for dense object detection (2017), arXiv:1708.02002.
 *
 * @param targets [..., K], each in [0, 1]
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ, or an option is out of its range
 * @example
 * binaryFocalCrossentropy(constant([1]), constant([0.9])); // 0.001054
 */
export function binaryFocalCrossentropy(
  targets: Tensor,
  predictions: Tensor,
  options: BinaryFocalOptions = {},
): Tensor {
  const { gamma = 2, alpha = 0.25, applyClassBalancing = false, labelSmoothing = 0 } = options;
  checkSameShape('binaryFocalCrossentropy', targets, predictions);
  checkFocal('binaryFocalCrossentropy', gamma, alpha);
  const t = smooth(targets, labelSmoothing, 2, 'binaryFocalCrossentropy');
  const no = subtract(1, t);
  const p = options.fromLogits ? sigmoid(predictions) : predictions;
  const right = add(multiply(t, p), multiply(no, subtract(1, p)));
  const entropies = crossentropies(t, predictions, options.fromLogits === true);
  const focal = multiply(power(subtract(1, right), gamma), entropies);
  if (!applyClassBalancing) return mean(focal, -1);
  return mean(multiply(add(multiply(t, alpha), multiply(no, 1 - alpha)), focal), -1);
}

/**
 * Categorical cross-entropy in which classes that are right already count less: Σₖ −α (1 − pₖ)^γ tₖ ln pₖ.
 *
 * Probabilities are scaled to sum 1 and clipped to [1e-7, 1 − 1e-7]; logits, and probabilities that softmax() made,
 * need no clipping.
 *
 * Paper: T.-Y. Lin et al., Focal loss for dense object detection (2017), arXiv:1708.02002.
 *
 * @param targets [..., K], the probability of each class
 * @param predictions [..., K]
 * @returns [...], one loss a sample
 * @throws RangeError when the shapes differ, or an option is out of its range
 * @example
 * categoricalFocalCrossentropy(constant([1, 0]), constant([0.8, 0.2])); // 0.002231
 */
export function categoricalFocalCrossentropy(
  targets: Tensor,
  predictions: Tensor,
  options: FocalOptions = {},
): Tensor {
  const { gamma = 2, alpha = 0.25, labelSmoothing = 0, fromLogits = false } = options;
  checkSameShape('categoricalFocalCrossentropy', targets, predictions);
  checkFocal('categoricalFocalCrossentropy', gamma, alpha);
  const classes = predictions.shape[predictions.rank - 1]!;
  const t = smooth(targets, labelSmoothing, classes, 'categoricalFocalCrossentropy');
  const logits = fromLogits ? predictions : softmaxLogits(predictions);
  const p = logits
    ? softmax(logits)
    : clipProbability(divide(predictions, repeatAlong(sum(predictions, -1), predictions, -1)));
  const entropies = negative(multiply(t, logits ? logSoftmax(logits) : log(p)));
  return multiply(alpha, sum(multiply(power(subtract(1, p), gamma), entropies), -1));
}

function checkFocal(name: string, gamma: number, alpha: number): void {
  checkNotNegative(gamma, `${name}: gamma`);
  checkShare(alpha, `${name}: alpha`);
}

/** x^exponent for x in [0, 1]; products where that is possible, since the logarithm of 0 has no slope. */
function power(x: Tensor, exponent: number): Tensor {
  if (Number.isInteger(exponent) && exponent <= MOST_FACTORS) {
    let product: Tensor | undefined;
    for (let i = 0; i < exponent; i++) product = product ? multiply(product, x) : x;
    return product ?? add(multiply(x, 0), 1);
  }
  return exp(multiply(exponent, log(maximum(x, PROBABILITY_EPSILON))));
}

const MOST_FACTORS = 5;
