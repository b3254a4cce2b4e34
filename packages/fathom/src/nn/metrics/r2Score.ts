import type { NumericArray } from '../../ir/tensor.ts';
import { sum } from '../../ops/index.ts';
import {
  type Metric,
  type MetricAccumulator,
  type MetricOptions,
  type MetricValue,
  savedAs,
} from './metric.ts';
import { tableOf } from './targets.ts';

export interface R2Options extends MetricOptions {
  /**
   * How several outputs become one: their mean, their mean weighted by the variance of their targets, or not at all.
   * Default `uniformAverage`.
   */
  readonly classAggregation?: Aggregation | undefined;
}

type Aggregation = 'uniformAverage' | 'varianceWeightedAverage' | 'none';

/**
 * Coefficient of determination R² = 1 − Σ (t − p)² / Σ (t − mean t)²: 1 for exact predictions, 0 for those no better
 * than the mean of the targets, below 0 for worse ones.
 *
 * Targets and predictions of the whole pass are folded in float64 about their running mean. Where all targets are equal
 * it is 1 for exact predictions and 0 for others, as in scikit-learn.
 *
 * @throws RangeError on an unknown aggregation
 * @example
 * model.compile({ optimizer: 'adam', loss: 'meanSquaredError', metrics: ['r2Score'] });
 */
export function r2Score(options: R2Options = {}): Metric {
  const { name = 'r2Score', classAggregation = 'uniformAverage' } = options;
  if (!AGGREGATIONS.some((known) => known === classAggregation)) {
    throw new RangeError(
      `r2Score: expected classAggregation to be one of ${AGGREGATIONS.join(', ')}; received ${JSON.stringify(classAggregation)}.`,
    );
  }
  return {
    name,
    measure(targets, predictions, sampleWeight) {
      const table = tableOf('r2Score', targets, predictions, sampleWeight);
      // The first part tells the accumulator how many outputs there are.
      const parts = [sum(table.targets, 0), table.targets, table.predictions];
      return table.weight ? [...parts, table.weight] : parts;
    },
    accumulator: () => new Determination(classAggregation),
    config: () => savedAs('r2Score', name, { classAggregation }),
  };
}

const AGGREGATIONS: readonly Aggregation[] = ['uniformAverage', 'varianceWeightedAverage', 'none'];

/** Of each output: weight and mean of the targets so far, squared deviations from it (West 1979), squared errors. */
class Determination implements MetricAccumulator {
  readonly #aggregation: Aggregation;
  #outputs: { weight: number; mean: number; spread: number; error: number }[] = [];

  constructor(aggregation: Aggregation) {
    this.#aggregation = aggregation;
  }

  add([sums, targets, predictions, weights]: readonly NumericArray[]): void {
    const count = sums!.length;
    if (this.#outputs.length === 0) {
      this.#outputs = Array.from({ length: count }, () => ({ weight: 0, mean: 0, spread: 0, error: 0 }));
    }
    for (let i = 0; i < targets!.length; i++) {
      const weight = weights ? weights[i]! : 1;
      if (weight === 0) continue;
      const output = this.#outputs[i % count]!;
      const away = targets![i]! - output.mean;
      output.weight += weight;
      output.mean += (weight / output.weight) * away;
      output.spread += weight * away * (targets![i]! - output.mean);
      output.error += weight * (targets![i]! - predictions![i]!) ** 2;
    }
  }

  result(): MetricValue {
    const scores = this.#outputs.map(({ spread, error }) =>
      spread === 0 ? Number(error === 0) : 1 - error / spread,
    );
    if (this.#aggregation === 'none') return scores.length === 1 ? scores[0]! : scores;
    const shares = this.#outputs.map(({ spread }) => (this.#aggregation === 'uniformAverage' ? 1 : spread));
    const whole = shares.reduce((a, b) => a + b, 0);
    // Outputs that all stay the same have no variance to weigh by: they count alike.
    if (whole === 0 && scores.length > 0) return scores.reduce((a, b) => a + b, 0) / scores.length;
    return scores.reduce((sum, score, k) => sum + score * shares[k]!, 0) / whole;
  }
}
