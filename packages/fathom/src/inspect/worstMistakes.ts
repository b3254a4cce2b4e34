import type { DataInput } from '../train/options.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import { endsInSoftmax } from './objective.ts';
import { predictRows } from './predictRows.ts';
import { type InspectOptions, samplesOf } from './session.ts';

/** A sample that a network gets wrong. */
export interface Mistake {
  /** Its number among the samples. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Probability of the class that it has, and of the one that was said. */
  readonly probability: number;
  readonly confidence: number;
  /** −ln probability. */
  readonly loss: number;
}

/** What a network gets wrong. */
export interface Mistakes {
  readonly samples: number;
  readonly wrong: number;
  readonly accuracy: number;
  /** The worst first. */
  readonly worst: readonly Mistake[];
}

/**
 * The samples that a classifier gets wrong with the greatest confidence: those with the largest cross-entropy.
 *
 * @param labels class numbers, one a sample
 * @throws DataError on data of another shape; RangeError on another number of labels
 * @example
 * const { worst } = await inspect.worstMistakes(model, images, labels, { count: 5 });
 * worst.length <= 5; // true
 */
export async function worstMistakes(
  model: Inspectable,
  x: DataInput,
  labels: ArrayLike<number>,
  { count = 20, output = 0, ...options }: InspectOptions & { count?: number; output?: number } = {},
): Promise<Mistakes> {
  const [{ data, count: samples }] = samplesOf(model, x, 'worstMistakes') as never as [
    { data: ArrayLike<number>; count: number },
  ];
  if (labels.length !== samples) {
    throw new RangeError(
      `worstMistakes: expected a label for each of ${samples} samples; received ${labels.length}.`,
    );
  }
  const source = nodesOf(model).outputs[output]!;
  const results = await predictRows(model, data, samples, source, options);
  const classes = results.length / samples;
  const isProbable = endsInSoftmax(model, output);
  const mistakes: Mistake[] = [];
  for (let index = 0; index < samples; index++) {
    const row = results.subarray(index * classes, (index + 1) * classes);
    const logs = isProbable ? row.map((p) => Math.log(Math.max(p, LEAST))) : logSoftmax(row);
    const predicted = row.indexOf(row.reduce((a, b) => Math.max(a, b)));
    const label = labels[index]!;
    if (predicted === label) continue;
    const loss = -logs[label]!;
    const [probability, confidence] = [Math.exp(logs[label]!), Math.exp(logs[predicted]!)];
    mistakes.push({ index, label, predicted, probability, confidence, loss });
  }
  mistakes.sort((a, b) => b.loss - a.loss || a.index - b.index);
  return {
    samples,
    wrong: mistakes.length,
    accuracy: (samples - mistakes.length) / samples,
    worst: mistakes.slice(0, count),
  };
}

/** Keeps the logarithm finite, as losses do. */
const LEAST = 1e-7;

function logSoftmax(z: Float32Array): Float32Array {
  const most = z.reduce((a, b) => Math.max(a, b));
  const total = Math.log(z.reduce((sum, value) => sum + Math.exp(value - most), 0));
  return z.map((value) => value - most - total);
}
