import { argmax } from '../../functional/argmax.ts';
import { checkShare } from '../../functional/check.ts';
import { oneHot } from '../../functional/oneHot.ts';
import type { NumericArray, Tensor } from '../../ir/tensor.ts';
import { multiply, sum } from '../../ops/index.ts';
import {
  type Metric,
  type MetricAccumulator,
  type MetricOptions,
  type MetricValue,
  savedAs,
} from './metric.ts';
import { above, logitOf, saysLogits, tableOf } from './targets.ts';

/**
 * How the figures of several outputs become one: `none` keeps them apart, `micro` counts all decisions together,
 * `macro` is their mean, `weighted` their mean weighted by how often each output's target is yes.
 */
export type Average = 'none' | 'micro' | 'macro' | 'weighted';

export interface RateOptions extends MetricOptions {
  readonly average?: Average | undefined;
  /**
   * The probability above which an output says yes. With null the largest output alone says yes, as one class of
   * several is chosen; where there is but one output null means 0.5.
   */
  readonly threshold?: number | null | undefined;
  /** The predictions are logits: yes is above the threshold's logit. By default as the loss says. */
  readonly fromLogits?: boolean | undefined;
}

/**
 * Share of the yeses said that are right: TP / (TP + FP), 0 where none is said.
 *
 * As in Keras the default is to count all outputs together and say yes above 0.5. For one of several classes
 * `{ threshold: null, average: 'macro' }` is what scikit-learn calls precision_score(average='macro').
 *
 * @throws RangeError on an unknown average, or a threshold outside of [0, 1]
 * @example
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['precision', 'recall'] });
 */
export function precision(options: RateOptions = {}): Metric {
  return rate('precision', options, 'micro', 0.5, ({ hits, said }) => share(hits, said), precision);
}

/**
 * Share of the true yeses that are found: TP / (TP + FN), 0 where there is none.
 *
 * As in Keras the default is to count all outputs together and say yes above 0.5.
 *
 * @throws RangeError on an unknown average, or a threshold outside of [0, 1]
 * @example
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: [metrics.recall({ threshold: 0.3 })] });
 */
export function recall(options: RateOptions = {}): Metric {
  return rate('recall', options, 'micro', 0.5, ({ hits, meant }) => share(hits, meant), recall);
}

/**
 * Harmonic mean of precision and recall: 2TP / (2TP + FP + FN), 0 where nothing is said or meant.
 *
 * As in Keras the default is the largest output as answer, and a figure for each output: `f1Score[0]`, `f1Score[1]`, …
 *
 * @throws RangeError on an unknown average, or a threshold outside of [0, 1]
 * @example
 * model.compile({ loss: 'categoricalCrossentropy', metrics: [metrics.f1Score({ average: 'macro' })] });
 */
export function f1Score(options: RateOptions = {}): Metric {
  return rate('f1Score', options, 'none', null, f1Of, f1Score);
}

/** Numbers of an output: right yeses, yeses said, yeses meant. */
export interface Counts {
  readonly hits: number;
  readonly said: number;
  readonly meant: number;
}

export function f1Of({ hits, said, meant }: Counts): number {
  return share(2 * hits, said + meant);
}

/** a / b, and 0 where there is nothing to share. */
export function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

function rate(
  type: string,
  options: RateOptions,
  usual: Average,
  usualThreshold: number | null,
  figure: (counts: Counts) => number,
  make: (options: RateOptions) => Metric,
): Metric {
  const { name = type, average = usual, threshold = usualThreshold, fromLogits } = options;
  checkAverage(average, `${type}: average`);
  if (threshold !== null) checkShare(threshold, `${type}: threshold`);
  const metric: Metric = {
    name,
    measure(targets, predictions, sampleWeight) {
      const table = tableOf(type, targets, predictions, sampleWeight);
      const weighted = (x: Tensor) => (table.weight ? multiply(x, table.weight) : x);
      const meant = above(table.targets, 0.5);
      const said = answers(table.predictions, threshold, fromLogits === true);
      return [sum(weighted(multiply(meant, said)), 0), sum(weighted(said), 0), sum(weighted(meant), 0)];
    },
    accumulator: () => new Rates(average, figure),
    config: () =>
      savedAs(type, name, { average, threshold, ...(fromLogits === undefined ? {} : { fromLogits }) }),
  };
  if (fromLogits !== undefined) return metric;
  return { ...metric, forLoss: (loss) => make({ ...options, fromLogits: saysLogits(loss) }) };
}

/** 1 at [n, k] where output k says yes. */
function answers(predictions: Tensor, threshold: number | null, fromLogits: boolean): Tensor {
  const outputs = predictions.shape[1]!;
  if (threshold === null && outputs > 1) return oneHot(argmax(predictions), outputs);
  const probability = threshold ?? 0.5;
  return above(predictions, fromLogits ? logitOf(probability) : probability);
}

/** Adds up the counts of each output. */
class Rates implements MetricAccumulator {
  readonly #average: Average;
  readonly #figure: (counts: Counts) => number;
  #totals: Float64Array[] = [];

  constructor(average: Average, figure: (counts: Counts) => number) {
    this.#average = average;
    this.#figure = figure;
  }

  add(parts: readonly NumericArray[]): void {
    if (this.#totals.length === 0) this.#totals = parts.map(({ length }) => new Float64Array(length));
    this.#totals.forEach((total, i) => {
      for (let k = 0; k < total.length; k++) total[k]! += parts[i]![k]!;
    });
  }

  result(): MetricValue {
    const [hits, said, meant] = this.#totals;
    if (!hits || !said || !meant) return Number.NaN;
    const counts = Array.from(hits, (_, k) => ({ hits: hits[k]!, said: said[k]!, meant: meant[k]! }));
    return averaged(counts, this.#average, this.#figure);
  }
}

/** The figures of several outputs as one, or apart; that of a single output is a number in any case. */
export function averaged(
  counts: readonly Counts[],
  average: Average,
  figure: (counts: Counts) => number,
): number | number[] {
  const figures = counts.map(figure);
  if (figures.length === 1) return figures[0]!;
  switch (average) {
    case 'none':
      return figures;
    case 'macro':
      return total(figures) / figures.length;
    case 'weighted':
      return share(
        total(counts.map(({ meant }, k) => meant * figures[k]!)),
        total(counts.map(({ meant }) => meant)),
      );
    case 'micro':
      return figure({
        hits: total(counts.map(({ hits }) => hits)),
        said: total(counts.map(({ said }) => said)),
        meant: total(counts.map(({ meant }) => meant)),
      });
    default:
      return average satisfies never;
  }
}

export function checkAverage(average: unknown, where: string): asserts average is Average {
  if (AVERAGES.some((known) => known === average)) return;
  throw new RangeError(
    `${where}: expected one of ${AVERAGES.join(', ')}; received ${JSON.stringify(average)}.`,
  );
}

const AVERAGES: readonly Average[] = ['none', 'micro', 'macro', 'weighted'];

function total(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
