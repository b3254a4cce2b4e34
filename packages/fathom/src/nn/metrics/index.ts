import type { Shape } from '../../ir/shape.ts';
import { lookUp } from '../lookup.ts';
import type { Loss } from '../losses/index.ts';
import { accuracy } from './accuracy.ts';
import type { Metric, MetricConfig } from './metric.ts';
import { meanSquaredError } from './regression.ts';

export { accuracy } from './accuracy.ts';
export {
  type Measurement,
  type Metric,
  type MetricAccumulator,
  type MetricConfig,
  type MetricValue,
  meanMetric,
  perSample,
} from './metric.ts';
export { meanSquaredError } from './regression.ts';

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
 * @throws RangeError on a type that does not exist
 */
export function metricFromConfig(config: string | MetricConfig): MetricLike {
  const { type, ...options } = typeof config === 'string' ? { type: config } : config;
  const factory = lookUp(factories, type, 'metrics');
  return typeof config === 'string' ? (config as MetricName) : factory(options);
}

const byName = { accuracy, meanSquaredError };

/** Every factory checks its own options, also those that come from a file. */
const factories: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Metric>> = byName;
