import { argmax } from '../../functional/argmax.ts';
import { checkShare } from '../../functional/check.ts';
import { mean } from '../../functional/mean.ts';
import { isLabel } from '../../functional/oneHot.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { broadcast, cast, equal, less, logicalAnd, sum, where } from '../../ops/index.ts';
import type { Loss } from '../losses/index.ts';
import { type Measurement, type Metric, type MetricOptions, savedMean } from './metric.ts';
import { above, isLabels, labelsOf, logitOf } from './targets.ts';

export interface BinaryAccuracyOptions extends MetricOptions {
  /** The probability above which the answer is yes. Default 0.5. */
  readonly threshold?: number | undefined;
  /** The predictions are logits: the answer is yes above the threshold's logit. By default as the loss says. */
  readonly fromLogits?: boolean | undefined;
}

export interface TopKOptions extends MetricOptions {
  /** How many of the largest predictions count as answers. Default 5. */
  readonly k?: number | undefined;
}

/**
 * Share of right answers. Its meaning follows the loss, which knows what the targets are:
 *
 * - sparse categorical: {@link sparseCategoricalAccuracy}
 * - categorical: {@link categoricalAccuracy}
 * - binary: {@link binaryAccuracy}. With `fromLogits` a logit above 0 means yes, which is a probability above 0.5;
 *   Keras compares logits with 0.5, unless told otherwise
 * - hinge: prediction and target lie on the same side of 0
 * - otherwise: binary for one output, categorical for several
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
 */
export function accuracy(options: MetricOptions = {}): Metric {
  const metric = (call: Measurement) => savedMean('accuracy', call, options);
  return {
    ...metric((targets, predictions) => kindOf(targets, predictions)(targets, predictions)),
    forLoss: (loss, outputShape) => metric(chosen(loss, outputShape)),
  };
}

/**
 * Share of outputs at which prediction > threshold says what the target says, 1 for yes and 0 for no.
 *
 * @throws RangeError when threshold is not in [0, 1]
 * @example
 * model.compile({ loss: 'binaryCrossentropy', metrics: [metrics.binaryAccuracy({ threshold: 0.7 })] });
 */
export function binaryAccuracy(options: BinaryAccuracyOptions = {}): Metric {
  const { threshold = 0.5, fromLogits } = options;
  checkShare(threshold, 'binaryAccuracy: threshold');
  const limit = fromLogits ? logitOf(threshold) : threshold;
  const metric = savedMean('binaryAccuracy', (t, p) => agreement(t, p, limit), { ...options, threshold });
  if (fromLogits !== undefined) return metric;
  return { ...metric, forLoss: (loss) => binaryAccuracy({ ...options, fromLogits: loss.fromLogits }) };
}

/**
 * Share of samples whose largest prediction is where the largest target is; of equal largest values the first counts.
 *
 * @example
 * model.compile({ loss: 'categoricalCrossentropy', metrics: ['categoricalAccuracy'] });
 */
export function categoricalAccuracy(options: MetricOptions = {}): Metric {
  return savedMean('categoricalAccuracy', hits, options);
}

/**
 * Share of samples whose largest prediction is at the label; of equal largest values the first counts.
 *
 * @example
 * model.compile({ loss: 'sparseCategoricalCrossentropy', metrics: ['sparseCategoricalAccuracy'] });
 */
export function sparseCategoricalAccuracy(options: MetricOptions = {}): Metric {
  return savedMean(
    'sparseCategoricalAccuracy',
    (t, p) => hits(checkedLabels('sparseCategoricalAccuracy', t, p), p),
    options,
  );
}

/**
 * Share of samples for which fewer than k predictions are larger than that of the largest target.
 *
 * @throws RangeError when k is no integer of 1 or more
 * @example
 * model.compile({ loss: 'categoricalCrossentropy', metrics: [metrics.topKCategoricalAccuracy({ k: 3 })] });
 */
export function topKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const k = checkedK('topKCategoricalAccuracy', options);
  return savedMean('topKCategoricalAccuracy', (t, p) => topHits(labelsOf(t, p), p, k), { ...options, k });
}

/**
 * Share of samples for which fewer than k predictions are larger than that of the label.
 *
 * @throws RangeError when k is no integer of 1 or more
 * @example
 * model.compile({
 *   loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
 *   metrics: [metrics.sparseTopKCategoricalAccuracy({ k: 3 })],
 * });
 */
export function sparseTopKCategoricalAccuracy(options: TopKOptions = {}): Metric {
  const name = 'sparseTopKCategoricalAccuracy';
  const k = checkedK(name, options);
  return savedMean(name, (t, p) => topHits(checkedLabels(name, t, p), p, k), { ...options, k });
}

function chosen({ kind, fromLogits }: Loss, outputShape: Shape): Measurement {
  const outputs = outputShape[outputShape.length - 1] ?? 1;
  switch (kind) {
    case 'sparse':
    case 'categorical':
      return hits;
    case 'sides':
      return (targets, predictions) => agreement(above(targets, 0), predictions, 0);
    case 'binary':
      return (targets, predictions) => agreement(targets, predictions, fromLogits ? 0 : 0.5);
    case 'regression':
      return outputs === 1 ? (targets, predictions) => agreement(targets, predictions, 0.5) : hits;
    default:
      return kind satisfies never;
  }
}

/** Where no loss tells, the shapes do. */
function kindOf(targets: Tensor, predictions: Tensor): Measurement {
  if (isLabels(targets, predictions) || predictions.shape[predictions.rank - 1] !== 1) return hits;
  return (t, p) => agreement(t, p, 0.5);
}

function hits(targets: Tensor, predictions: Tensor): Tensor {
  return truth(equal(labelsOf(targets, predictions), argmax(predictions)));
}

function agreement(targets: Tensor, predictions: Tensor, threshold: number): Tensor {
  return mean(truth(equal(targets, above(predictions, threshold))), -1);
}

/** Fewer than k are larger than the label's prediction, which is a number. */
function topHits(labels: Tensor, predictions: Tensor, k: number): Tensor {
  const { shape, rank } = predictions;
  const own = sum(where(isLabel(labels, shape[rank - 1]!), predictions, 0), -1);
  const repeated = broadcast(
    own,
    shape,
    own.shape.map((_, axis) => axis),
  );
  const larger = sum(truth(less(repeated, predictions)), -1);
  return truth(logicalAnd(less(larger, k), equal(own, own)));
}

function truth(condition: Tensor): Tensor {
  return cast(condition, 'float32');
}

function checkedK(where: string, { k = 5 }: TopKOptions): number {
  if (Number.isSafeInteger(k) && k >= 1) return k;
  throw new RangeError(`${where}: expected k to be an integer of 1 or more; received ${String(k)}.`);
}

function checkedLabels(where: string, targets: Tensor, predictions: Tensor): Tensor {
  if (isLabels(targets, predictions)) return targets;
  throw new RangeError(
    `${where}: expected class numbers; received targets of the predictions' shape. Leave "sparse" out of the name.`,
  );
}
