import { cosineSimilarity as cosine } from '../../functional/cosineSimilarity.ts';
import { meanAbsoluteError as absolute } from '../../functional/meanAbsoluteError.ts';
import { meanAbsolutePercentageError as percentage } from '../../functional/meanAbsolutePercentageError.ts';
import { meanSquaredError as squared } from '../../functional/meanSquaredError.ts';
import { meanSquaredLogarithmicError as logarithmic } from '../../functional/meanSquaredLogarithmicError.ts';
import type { LossFunction } from '../losses/index.ts';
import { Mean, type Measurement, type Metric, type MetricOptions, savedMean } from './metric.ts';
import { valuesOf } from './targets.ts';

export interface CosineSimilarityOptions extends MetricOptions {
  /** Along which the vectors lie. Default −1, the last. */
  readonly axis?: number | undefined;
}

/**
 * Mean squared error as a metric; labels count as one-hot targets.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['meanSquaredError'] });
 */
export function meanSquaredError(options: MetricOptions = {}): Metric {
  return savedMean('meanSquaredError', onValues('meanSquaredError', squared), options);
}

/**
 * Mean absolute error (1/n) Σ |t − p|; labels count as one-hot targets.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['meanAbsoluteError'] });
 */
export function meanAbsoluteError(options: MetricOptions = {}): Metric {
  return savedMean('meanAbsoluteError', onValues('meanAbsoluteError', absolute), options);
}

/**
 * Mean absolute error in per cent of the targets: (100/n) Σ |t − p| / max(|t|, 1e-7).
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['meanAbsolutePercentageError'] });
 */
export function meanAbsolutePercentageError(options: MetricOptions = {}): Metric {
  const name = 'meanAbsolutePercentageError';
  return savedMean(name, onValues(name, percentage), options);
}

/**
 * Mean squared difference of logarithms: (1/n) Σ (ln(1 + t) − ln(1 + p))².
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['meanSquaredLogarithmicError'] });
 */
export function meanSquaredLogarithmicError(options: MetricOptions = {}): Metric {
  const name = 'meanSquaredLogarithmicError';
  return savedMean(name, onValues(name, logarithmic), options);
}

/**
 * Root of the mean squared error, in the unit of the targets: √((1/n) Σ (t − p)²), one root over the whole pass.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['rootMeanSquaredError'] });
 */
export function rootMeanSquaredError(options: MetricOptions = {}): Metric {
  const name = 'rootMeanSquaredError';
  return {
    ...savedMean(name, onValues(name, squared), options),
    accumulator() {
      const mean = new Mean();
      return { add: (parts, count) => mean.add(parts, count), result: () => Math.sqrt(mean.result()) };
    },
  };
}

/**
 * Mean cosine of the angle between targets and predictions, 1 for the same direction. The loss of this name is its
 * negative.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'cosineSimilarity', metrics: ['cosineSimilarity'] });
 */
export function cosineSimilarity(options: CosineSimilarityOptions = {}): Metric {
  const { axis = -1 } = options;
  const call = onValues('cosineSimilarity', (t, p) => cosine(t, p, axis));
  return savedMean('cosineSimilarity', call, { ...options, axis });
}

function onValues(name: string, call: LossFunction): Measurement {
  return (targets, predictions) => call(valuesOf(name, targets, predictions), predictions);
}
