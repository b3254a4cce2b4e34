import { argmax } from '../../functional/argmax.ts';
import { checkShare } from '../../functional/check.ts';
import { matmul } from '../../functional/matmul.ts';
import { oneHot } from '../../functional/oneHot.ts';
import type { NumericArray, Tensor } from '../../ir/tensor.ts';
import { broadcast, cast, multiply, reshape, transpose } from '../../ops/index.ts';
import { asWeight, type Metric, type MetricAccumulator, type MetricOptions, savedAs } from './metric.ts';
import { above, isLabels, labelsOf, logitOf, saysLogits } from './targets.ts';

export interface ConfusionMatrixOptions extends MetricOptions {
  /** Where there is one output, the probability above which the answer is class 1. Default 0.5. */
  readonly threshold?: number | undefined;
  /** The predictions are logits: class 1 is above the threshold's logit. By default as the loss says. */
  readonly fromLogits?: boolean | undefined;
}

export interface ConfusionOptions {
  /** Number of classes. By default one more than the largest class number, or the number of scores of a sample. */
  readonly classes?: number | undefined;
  /** What each sample counts. Default 1. */
  readonly sampleWeight?: ArrayLike<number> | undefined;
}

/** Class numbers [N], or scores [N, K] of which the largest tells the class: nested lists, or what `predict` gives. */
export type Answers =
  | ArrayLike<number>
  | readonly ArrayLike<number>[]
  | { readonly data: ArrayLike<number>; readonly shape: readonly number[] };

/**
 * Counts of samples by true class (rows) and predicted class (columns).
 *
 * Of labels and predictions it is the matrix itself, as plain numbers. Without them it is a metric, whose figures stand
 * in the logs as `confusionMatrix[0][1]`; {@link matrixFrom} reads them from there.
 *
 * Of equal largest scores the first counts; a sample with a score that is NaN counts nowhere.
 *
 * @throws RangeError when the counts differ, or a class number is out of range
 * @example
 * metrics.confusionMatrix([0, 1, 2, 2], [0, 2, 2, 2]); // [[1, 0, 0], [0, 0, 1], [0, 0, 2]]
 * model.compile({ loss: 'categoricalCrossentropy', metrics: ['confusionMatrix'] });
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: Answers,
  options?: ConfusionOptions,
): number[][];
export function confusionMatrix(options?: ConfusionMatrixOptions): Metric;
export function confusionMatrix(
  first: ArrayLike<number> | ConfusionMatrixOptions = {},
  predictions?: Answers,
  options: ConfusionOptions = {},
): number[][] | Metric {
  return 'length' in first ? countedMatrix(first, predictions ?? [], options) : matrixMetric(first);
}

/**
 * The matrix of a `confusionMatrix` metric from the logs of a pass.
 *
 * @throws RangeError when the logs hold none of that name
 * @example
 * model.compile({ loss: 'categoricalCrossentropy', metrics: ['confusionMatrix'] });
 * const matrix = metrics.matrixFrom(await model.evaluate(testX, testY));
 */
export function matrixFrom(logs: Readonly<Record<string, number>>, name = 'confusionMatrix'): number[][] {
  const matrix: number[][] = [];
  for (let i = 0; `${name}[${i}][0]` in logs; i++) {
    const row: number[] = [];
    for (let j = 0; `${name}[${i}][${j}]` in logs; j++) row.push(logs[`${name}[${i}][${j}]`]!);
    matrix.push(row);
  }
  if (matrix.length > 0) return matrix;
  throw new RangeError(
    `matrixFrom: expected logs with ${name}[0][0]; received ${Object.keys(logs).join(', ') || 'none'}. Add '${name}' to the metrics.`,
  );
}

function matrixMetric(options: ConfusionMatrixOptions): Metric {
  const type = 'confusionMatrix';
  const { name = type, threshold = 0.5, fromLogits } = options;
  checkShare(threshold, `${type}: threshold`);
  const metric: Metric = {
    name,
    measure(targets, predictions, sampleWeight) {
      const outputs = predictions.shape[predictions.rank - 1]!;
      const classes = Math.max(2, outputs);
      const single = outputs === 1 && !isLabels(targets, predictions);
      const limit = fromLogits ? logitOf(threshold) : threshold;
      const classOf = (x: Tensor, yes: number) => cast(reshape(above(x, yes), x.shape.slice(0, -1)), 'int32');
      const truth = single ? classOf(targets, 0.5) : labelsOf(targets, predictions);
      const answer = outputs === 1 ? classOf(predictions, limit) : argmax(predictions);
      const rows = (labels: Tensor) => reshape(oneHot(labels, classes), [-1, classes]);
      let counted = rows(truth);
      if (sampleWeight) counted = multiply(counted, perRow(asWeight(sampleWeight, truth), truth, classes));
      return [matmul(transpose(counted), rows(answer))];
    },
    accumulator: () => new Matrix(),
    config: () => savedAs(type, name, { threshold, ...(fromLogits === undefined ? {} : { fromLogits }) }),
  };
  if (fromLogits !== undefined) return metric;
  return { ...metric, forLoss: (loss) => matrixMetric({ ...options, fromLogits: saysLogits(loss) }) };
}

/** Weights [B, ...] of things [B, ..., T], as [N, classes]. */
function perRow(weight: Tensor, like: Tensor, classes: number): Tensor {
  const shape = [...like.shape, classes];
  const axes = weight.shape.map((_, axis) => axis);
  return reshape(broadcast(weight, shape, axes), [-1, classes]);
}

class Matrix implements MetricAccumulator {
  #total: Float64Array | undefined;

  add([counts]: readonly NumericArray[]): void {
    this.#total ??= new Float64Array(counts!.length);
    for (let i = 0; i < counts!.length; i++) this.#total[i]! += counts![i]!;
  }

  result(): number[][] {
    const total = this.#total ?? new Float64Array(0);
    const classes = Math.sqrt(total.length);
    return Array.from({ length: classes }, (_, i) =>
      Array.from(total.subarray(i * classes, (i + 1) * classes)),
    );
  }
}

function countedMatrix(
  labels: ArrayLike<number>,
  predictions: Answers,
  options: ConfusionOptions,
): number[][] {
  const { answers, scores } = answersOf(predictions);
  const { sampleWeight } = options;
  for (const [what, length] of [
    ['predictions', answers.length],
    ['weights', sampleWeight?.length ?? labels.length],
  ] as const) {
    if (length !== labels.length) {
      throw new RangeError(
        `confusionMatrix: expected ${labels.length} ${what}, one for each label; received ${length}.`,
      );
    }
  }
  const classes = options.classes ?? scores ?? 1 + Math.max(-1, ...unique(labels), ...unique(answers));
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = matrix[checkedClass(labels[i]!, classes, `label ${i}`)]!;
    if (answers[i] === NO_CLASS) continue;
    row[checkedClass(answers[i]!, classes, `prediction ${i}`)]! += sampleWeight?.[i] ?? 1;
  }
  return matrix;
}

/** A class number for each sample, and the number of scores where they tell it. */
function answersOf(predictions: Answers): { answers: ArrayLike<number>; scores: number | undefined } {
  if ('data' in predictions) {
    const { data, shape } = predictions;
    const scores = shape[shape.length - 1] ?? 1;
    if (shape.length < 2 || scores < 2) return { answers: data, scores: undefined };
    const answers = Array.from({ length: data.length / scores }, (_, i) =>
      largest((k) => data[i * scores + k]!, scores),
    );
    return { answers, scores };
  }
  if (!isTable(predictions)) return { answers: predictions, scores: undefined };
  const answers = predictions.map((row) => largest((k) => row[k]!, row.length));
  return { answers, scores: predictions[0]!.length };
}

function isTable(
  predictions: ArrayLike<number> | readonly ArrayLike<number>[],
): predictions is readonly ArrayLike<number>[] {
  return typeof predictions[0] === 'object';
}

function largest(score: (k: number) => number, count: number): number {
  let best = 0;
  for (let k = 0; k < count; k++) {
    if (Number.isNaN(score(k))) return NO_CLASS;
    if (score(k) > score(best)) best = k;
  }
  return best;
}

const NO_CLASS = -1;

function unique(numbers: ArrayLike<number>): Set<number> {
  return new Set(Array.from(numbers));
}

function checkedClass(value: number, classes: number, what: string): number {
  if (Number.isInteger(value) && value >= 0 && value < classes) return value;
  throw new RangeError(
    `confusionMatrix: expected ${what} as a class number from 0 to ${classes - 1}; received ${value}. Scores of one output become classes by comparing them with 0.5.`,
  );
}
