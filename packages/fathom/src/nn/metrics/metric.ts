import { mean } from '../../functional/mean.ts';
import { formatShape, type Shape } from '../../ir/shape.ts';
import type { NumericArray, Tensor } from '../../ir/tensor.ts';
import { cast, multiply, reshape, sum } from '../../ops/index.ts';
import type { Loss } from '../losses/index.ts';

/**
 * A figure reported beside the loss, exact over a whole pass: each batch gives numbers that can be added up or
 * collected, and the figure is made of all of them at the end. It is never a mean of figures of batches.
 *
 * @example
 * const metric = metrics.meanMetric('error', (targets, predictions) => ops.absolute(ops.subtract(targets, predictions)));
 */
export interface Metric {
  readonly name: string;
  /**
   * The numbers of one batch, computed in the step: targets [B, ...] as the loss gets them, predictions [B, ...] and
   * weights of the samples [B] or of what is in them, [B, T] (a mask counts as zeros and ones) → any tensors.
   */
  measure(targets: Tensor, predictions: Tensor, sampleWeight?: Tensor): readonly Tensor[];
  /** Begins a pass. */
  accumulator(): MetricAccumulator;
  /** The metric with what it leaves to the loss decided: whether predictions are logits, what the targets are. */
  forLoss?(loss: Loss, outputShape: Shape): Metric;
  /** What makes it again, as JSON; without it the metric cannot be saved. */
  config?(): MetricConfig;
}

/** A metric as JSON: the name of its factory, and the options that make it again. */
export interface MetricConfig {
  readonly type: string;
  readonly [option: string]: unknown;
}

/** Folds the batches of one pass on the host, in float64. */
export interface MetricAccumulator {
  /** Adds what `measure` gave for a batch of `count` samples. The arrays are the accumulator's to keep. */
  add(parts: readonly NumericArray[], count: number): void;
  /** The figure of all batches added so far, NaN where there is none; it may be asked at any time. */
  result(): MetricValue;
  /** True where `result` takes long: after each batch it is then made only if somebody looks at it. */
  readonly costly?: boolean;
}

/** Figures of a vector or matrix stand in the logs one by one: `f1Score[2]`, `confusionMatrix[0][1]`. */
export type MetricValue = number | readonly number[] | readonly (readonly number[])[];

export interface MetricOptions {
  /** In the logs. Default the name of the function that makes the metric. */
  readonly name?: string | undefined;
}

/** targets [B, ...] and predictions [B, ...] → values [B, ...]. */
export type Measurement = (targets: Tensor, predictions: Tensor) => Tensor;

/**
 * The mean over all samples of what `call` gives for each: Σ w v / Σ w.
 *
 * @param call values [B, ...] of targets and predictions; several values of a sample are averaged
 * @example
 * const off = metrics.meanMetric('off', (targets, predictions) => ops.absolute(ops.subtract(targets, predictions)));
 * model.compile({ loss: 'meanSquaredError', metrics: [off] });
 */
export function meanMetric(name: string, call: Measurement): Metric {
  return {
    name,
    measure: (targets, predictions, sampleWeight) => totals(call(targets, predictions), sampleWeight),
    accumulator: () => new Mean(),
  };
}

/** A mean of the library's, which can be saved. */
export function savedMean<T extends MetricOptions>(type: string, call: Measurement, given: T): Metric {
  const { name = type, ...options } = given;
  return { ...meanMetric(name, call), config: () => savedAs(type, name, options) };
}

/** A metric as JSON; the name stands there only where it says something. */
export function savedAs(type: string, name: string, options: object = {}): MetricConfig {
  return { type, ...(name === type ? {} : { name }), ...options };
}

/**
 * What {@link Mean} adds up: the sum over the batch of the values [B, ...], and with weights the sum of those.
 *
 * Without weights each sample counts 1, so that its number comes from the host. A weight [B, T] of values [B, T, ...]
 * counts each of the T for itself.
 */
export function totals(values: Tensor, sampleWeight: Tensor | undefined): readonly Tensor[] {
  if (!sampleWeight) return [sum(perSample(values))];
  const weight = asWeight(sampleWeight, values);
  return [sum(multiply(perWeight(values, weight), weight)), sum(weight)];
}

/** The mean over everything but the batch: one value a sample. */
export function perSample(values: Tensor): Tensor {
  if (values.rank <= 1) return values;
  return mean(reshape(values, [values.shape[0]!, -1]), 1);
}

/** Folds {@link totals}. */
export class Mean implements MetricAccumulator {
  #total = 0;
  #weight = 0;

  add(parts: readonly NumericArray[], count: number): void {
    this.#total += parts[0]![0]!;
    this.#weight += parts.length > 1 ? parts[1]![0]! : count;
  }

  result(): number {
    return this.#total / this.#weight;
  }
}

/** Weights as numbers, checked to belong to values [B, ...]. */
export function asWeight(sampleWeight: Tensor, values: Tensor): Tensor {
  const { shape } = sampleWeight;
  if (shape.length > values.rank || shape.some((extent, axis) => extent !== values.shape[axis])) {
    throw new RangeError(
      `metrics: expected weights of the first axes of ${formatShape(values.shape)}; received ${formatShape(shape)}.`,
    );
  }
  return sampleWeight.dtype === 'float32' ? sampleWeight : cast(sampleWeight, 'float32');
}

/** The mean over the axes that the weights do not have. */
function perWeight(values: Tensor, weight: Tensor): Tensor {
  return values.rank === weight.rank ? values : mean(reshape(values, [...weight.shape, -1]), -1);
}
