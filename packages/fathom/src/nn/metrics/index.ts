import type { Shape } from '../../ir/shape.ts';
import { lookUp } from '../lookup.ts';
import type { Loss } from '../losses/index.ts';
import { accuracy } from './accuracy.ts';
import type { Metric } from './metric.ts';
import { meanSquaredError } from './regression.ts';

export { accuracy } from './accuracy.ts';
export {
  type Measurement,
  type Metric,
  type MetricAccumulator,
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

/** Names of the metrics that can be saved. */
export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(byName, name);
}

const byName = { accuracy, meanSquaredError };
