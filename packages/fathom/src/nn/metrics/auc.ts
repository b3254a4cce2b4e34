import type { NumericArray } from '../../ir/tensor.ts';
import { sum } from '../../ops/index.ts';
import { areaUnderRoc, averagePrecision, thresholdSteps } from './curves.ts';
import {
  type Metric,
  type MetricAccumulator,
  type MetricOptions,
  type MetricValue,
  savedAs,
} from './metric.ts';
import { type Average, checkAverage } from './rates.ts';
import { tableOf } from './targets.ts';

export interface AucOptions extends MetricOptions {
  /** The area under which curve: ROC, or precision against recall (PR). Default 'ROC'. */
  readonly curve?: 'ROC' | 'PR' | undefined;
  /**
   * Several outputs: `micro` (default, as Keras) ranks all of them together, `macro` and `weighted` are means of the
   * areas of each output against the rest, `none` keeps them apart.
   */
  readonly average?: Average | undefined;
}

/**
 * Area under the ROC curve: the chance that a yes gets a higher score than a no, ties counting half; 0.5 for guessing.
 * Under the PR curve it is the average precision Σ (Rᵢ − Rᵢ₋₁)·Pᵢ, as scikit-learn computes it.
 *
 * It is exact: all scores of a pass are kept (12 bytes each) and ranked when the figure is asked for. Keras sorts them
 * into 200 buckets. Probabilities and logits have the same rank, but sigmoids that round to 1 tie. Without a yes or
 * without a no, or where a score is NaN, it is NaN.
 *
 * Paper: T. Fawcett, An introduction to ROC analysis (2006).
 *
 * @throws RangeError on an unknown curve or average
 * @example
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['auc', metrics.auc({ curve: 'PR', name: 'ap' })] });
 */
export function auc(options: AucOptions = {}): Metric {
  const { name = 'auc', curve = 'ROC', average = 'micro' } = options;
  checkAverage(average, 'auc: average');
  if (curve !== 'ROC' && curve !== 'PR') {
    throw new RangeError(`auc: expected curve to be ROC or PR; received ${JSON.stringify(curve)}.`);
  }
  return {
    name,
    measure(targets, predictions, sampleWeight) {
      const table = tableOf('auc', targets, predictions, sampleWeight);
      // The first part tells the accumulator how many outputs there are.
      const parts = [sum(table.targets, 0), table.targets, table.predictions];
      return table.weight ? [...parts, table.weight] : parts;
    },
    accumulator: () => new Scores(curve, average),
    config: () => savedAs('auc', name, { curve, average }),
  };
}

/** Keeps all scores. */
class Scores implements MetricAccumulator {
  /** A vector must be made to know its figures' names. */
  readonly costly: boolean;
  readonly #area: typeof areaUnderRoc;
  readonly #average: Average;
  readonly #chunks: (readonly NumericArray[])[] = [];
  #result: MetricValue | undefined;

  constructor(curve: 'ROC' | 'PR', average: Average) {
    this.#area = curve === 'ROC' ? areaUnderRoc : averagePrecision;
    this.#average = average;
    this.costly = average !== 'none';
  }

  add(parts: readonly NumericArray[]): void {
    this.#result = undefined;
    this.#chunks.push(parts);
  }

  result(): MetricValue {
    this.#result ??= this.#rank();
    return this.#result;
  }

  #rank(): MetricValue {
    const outputs = this.#chunks[0]?.[0]?.length ?? 1;
    if (this.#average === 'micro' || outputs === 1) return this.#areaOf(0, 1);
    const areas = Array.from({ length: outputs }, (_, k) => this.#areaOf(k, outputs));
    if (this.#average === 'none') return areas;
    const shares = areas.map((_, k) => (this.#average === 'macro' ? 1 : this.#yeses(k, outputs)));
    const whole = shares.reduce((a, b) => a + b, 0);
    return areas.reduce((sum, area, k) => sum + area * shares[k]!, 0) / whole;
  }

  /** The area of every `stride`-th output. */
  #areaOf(first: number, stride: number): number {
    const targets = this.#column(1, first, stride);
    const scores = this.#column(2, first, stride);
    const isWeighted = this.#chunks.some((parts) => parts.length > 3);
    if (scores.some(Number.isNaN)) return Number.NaN;
    const weights = isWeighted ? this.#column(3, first, stride) : undefined;
    return this.#area(thresholdSteps('auc', targets, scores, weights));
  }

  #yeses(output: number, outputs: number): number {
    const weighted = this.#chunks.some((parts) => parts.length > 3);
    const targets = this.#column(1, output, outputs);
    const weights = weighted ? this.#column(3, output, outputs) : undefined;
    return targets.reduce((sum, target, i) => sum + (target > 0.5 ? (weights ? weights[i]! : 1) : 0), 0);
  }

  #column(part: number, first: number, stride: number): Float64Array {
    const count = this.#chunks.reduce((sum, parts) => sum + parts[1]!.length / stride, 0);
    const column = new Float64Array(count);
    let n = 0;
    for (const parts of this.#chunks) {
      for (let i = first; i < parts[1]!.length; i += stride) column[n++] = parts[part]?.[i] ?? 1;
    }
    return column;
  }
}
