import { argmax } from '../../functional/argmax.ts';
import { checkSameShape } from '../../functional/check.ts';
import { oneHot } from '../../functional/oneHot.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { broadcast, cast, less, reshape } from '../../ops/index.ts';
import type { Loss } from '../losses/index.ts';
import { asWeight } from './metric.ts';

/** Predictions as a table, N things by K outputs, with targets and weights of the same shape. */
export interface Table {
  readonly targets: Tensor;
  readonly predictions: Tensor;
  readonly weight: Tensor | undefined;
}

/** All axes but the last become one: N = B·T·… things of K outputs. */
export function tableOf(
  name: string,
  targets: Tensor,
  predictions: Tensor,
  sampleWeight: Tensor | undefined,
): Table {
  const values = valuesOf(name, targets, predictions);
  const { shape } = predictions;
  const table = [-1, shape[shape.length - 1]!];
  const weight = sampleWeight && asWeight(sampleWeight, predictions);
  const repeated =
    weight &&
    broadcast(
      weight,
      shape,
      weight.shape.map((_, axis) => axis),
    );
  return {
    targets: reshape(values, table),
    predictions: reshape(predictions, table),
    weight: repeated && reshape(repeated, table),
  };
}

/** Targets of the predictions' shape: labels become one-hot. */
export function valuesOf(name: string, targets: Tensor, predictions: Tensor): Tensor {
  const values = isLabels(targets, predictions)
    ? oneHot(targets, predictions.shape[predictions.rank - 1]!)
    : targets;
  checkSameShape(name, values, predictions);
  return values.dtype === 'float32' ? values : cast(values, 'float32');
}

/** Labels [...] of predictions [..., K]: one-hot and other targets become the place of the largest. */
export function labelsOf(targets: Tensor, predictions: Tensor): Tensor {
  return isLabels(targets, predictions) ? targets : argmax(targets);
}

/** Labels have one axis less than the predictions. */
export function isLabels(targets: Tensor, predictions: Tensor): boolean {
  return targets.rank === predictions.rank - 1;
}

/** Outputs of hinge losses are like logits: 0 lies between no and yes. */
export function saysLogits({ fromLogits, kind }: Loss): boolean {
  return fromLogits || kind === 'sides';
}

/** The logit of a probability: at 0.5 it is 0. */
export function logitOf(probability: number): number {
  return Math.log(probability / (1 - probability));
}

/** 1 where a prediction is greater than the threshold, else 0. */
export function above(predictions: Tensor, threshold: number): Tensor {
  return cast(less(threshold, predictions), 'float32');
}
