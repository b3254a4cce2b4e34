import type { Shape } from '../../ir/shape.ts';
import { lookUp } from '../lookup.ts';
import type { Loss } from '../losses/index.ts';
import {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  topKCategoricalAccuracy,
} from './accuracy.ts';
import { auc } from './auc.ts';
import { type ConfusionMatrixOptions, confusionMatrix } from './confusionMatrix.ts';
import { binaryCrossentropy, categoricalCrossentropy } from './crossentropy.ts';
import type { Metric, MetricConfig } from './metric.ts';
import { r2Score } from './r2Score.ts';
import { f1Score, precision, recall } from './rates.ts';
import {
  cosineSimilarity,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  rootMeanSquaredError,
} from './regression.ts';

export {
  accuracy,
  type BinaryAccuracyOptions,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  type TopKOptions,
  topKCategoricalAccuracy,
} from './accuracy.ts';
export { type AucOptions, auc } from './auc.ts';
export { type ClassificationReport, classificationReport } from './classificationReport.ts';
export {
  type Answers,
  type ConfusionMatrixOptions,
  type ConfusionOptions,
  confusionMatrix,
  matrixFrom,
} from './confusionMatrix.ts';
export {
  binaryCrossentropy,
  type CrossentropyMetricOptions,
  categoricalCrossentropy,
} from './crossentropy.ts';
export {
  type CurveOptions,
  type PrecisionRecallCurve,
  precisionRecallCurve,
  type RocCurve,
  rocCurve,
} from './curves.ts';
export {
  type Measurement,
  type Metric,
  type MetricAccumulator,
  type MetricConfig,
  type MetricOptions,
  type MetricValue,
  meanMetric,
  perSample,
} from './metric.ts';
export { type R2Options, r2Score } from './r2Score.ts';
export { type Average, f1Score, precision, type RateOptions, recall } from './rates.ts';
export {
  type CosineSimilarityOptions,
  cosineSimilarity,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  rootMeanSquaredError,
} from './regression.ts';

/** Names that `metrics` accepts. */
export type MetricName = keyof typeof byName;
export type MetricLike = MetricName | Metric;

/** The metric meant by a name for this loss and output, or given as such. */
export function resolveMetric(metric: MetricLike, loss: Loss, outputShape: Shape): Metric {
  const meant = typeof metric === 'string' ? lookUp(byName, metric, 'metrics')() : metric;
  return meant.forLoss?.(loss, outputShape) ?? meant;
}

/** A metric as JSON, which {@link metricFromConfig} reads, or nothing for one that cannot be saved. */
export function savedMetric(metric: MetricLike): string | MetricConfig | undefined {
  return typeof metric === 'string' ? metric : metric.config?.();
}

/**
 * The metric that {@link savedMetric} described.
 *
 * @throws RangeError on a type or an option that does not exist
 */
export function metricFromConfig(config: string | MetricConfig): MetricLike {
  const { type, ...options } = typeof config === 'string' ? { type: config } : config;
  const factory = lookUp(factories, type, 'metrics');
  if (typeof config === 'string') return config as MetricName;
  const known = { name: type, fromLogits: false, ...factory({}).config?.() };
  for (const option of Object.keys(options)) lookUp(known, option, `metrics: options of ${type}`);
  return factory(options);
}

const byName = {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  sparseCategoricalAccuracy,
  topKCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  precision,
  recall,
  f1Score,
  auc,
  confusionMatrix: (options: ConfusionMatrixOptions = {}) => confusionMatrix(options),
  meanSquaredError,
  meanAbsoluteError,
  rootMeanSquaredError,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  r2Score,
  cosineSimilarity,
  binaryCrossentropy,
  categoricalCrossentropy,
};

/** Every factory checks its own options, also those that come from a file. */
const factories: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Metric>> = byName;
