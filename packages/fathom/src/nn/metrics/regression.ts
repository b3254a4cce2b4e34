import { meanSquaredError as squared } from '../../functional/meanSquaredError.ts';
import { oneHot } from '../../functional/oneHot.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { type Metric, meanMetric } from './metric.ts';

/**
 * Mean squared error as a metric; labels count as one-hot targets.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['meanSquaredError'] });
 */
export function meanSquaredError(): Metric {
  return {
    ...meanMetric('meanSquaredError', (targets, predictions) =>
      squared(asValues(targets, predictions), predictions),
    ),
    config: () => ({ type: 'meanSquaredError' }),
  };
}

/** Targets of the predictions' shape: labels become one-hot. */
function asValues(targets: Tensor, predictions: Tensor): Tensor {
  return targets.rank < predictions.rank
    ? oneHot(targets, predictions.shape[predictions.rank - 1]!)
    : targets;
}
