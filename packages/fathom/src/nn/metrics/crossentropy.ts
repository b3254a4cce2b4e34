import { checkShare } from '../../functional/check.ts';
import {
  binaryCrossentropy as binary,
  type CrossentropyOptions,
  categoricalCrossentropy as categorical,
  sparseCategoricalCrossentropy as sparse,
} from '../../functional/crossentropy.ts';
import { type Metric, type MetricOptions, savedMean } from './metric.ts';
import { isLabels, valuesOf } from './targets.ts';

/** fromLogits is by default as the loss says. */
export interface CrossentropyMetricOptions extends MetricOptions, CrossentropyOptions {}

/**
 * Mean log loss as a metric: −(t ln p + (1 − t) ln(1 − p)).
 *
 * @throws RangeError when labelSmoothing is not in [0, 1]
 * @example
 * model.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['binaryCrossentropy'] });
 */
export function binaryCrossentropy(options: CrossentropyMetricOptions = {}): Metric {
  return leftToLoss(
    'binaryCrossentropy',
    options,
    binaryCrossentropy,
    (rest) => (targets, predictions) =>
      binary(valuesOf('binaryCrossentropy', targets, predictions), predictions, rest),
  );
}

/**
 * Mean cross-entropy as a metric, −Σ t ln p; labels count as one-hot targets.
 *
 * @throws RangeError when labelSmoothing is not in [0, 1]
 * @example
 * model.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['categoricalCrossentropy'] });
 */
export function categoricalCrossentropy(options: CrossentropyMetricOptions = {}): Metric {
  const name = 'categoricalCrossentropy';
  return leftToLoss(
    name,
    options,
    categoricalCrossentropy,
    (rest) => (targets, predictions) =>
      isLabels(targets, predictions) && !rest.labelSmoothing
        ? sparse(targets, predictions, { fromLogits: rest.fromLogits })
        : categorical(valuesOf(name, targets, predictions), predictions, rest),
  );
}

function leftToLoss(
  type: string,
  options: CrossentropyMetricOptions,
  make: (options: CrossentropyMetricOptions) => Metric,
  measurement: (options: CrossentropyOptions) => Parameters<typeof savedMean>[1],
): Metric {
  const { labelSmoothing = 0 } = options;
  checkShare(labelSmoothing, `${type}: labelSmoothing`);
  const { name: _, ...rest } = options;
  const metric = savedMean(type, measurement(rest), { ...options, labelSmoothing });
  if (options.fromLogits !== undefined) return metric;
  return { ...metric, forLoss: (loss) => make({ ...options, fromLogits: loss.fromLogits }) };
}
