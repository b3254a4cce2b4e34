import type { Shape } from '../ir/shape.ts';
import type { DataInput } from '../train/options.ts';
import { rangeOf } from './activations.ts';
import { batchGradients } from './gradients.ts';
import type { Inspectable } from './nodes.ts';
import type { ObjectiveOptions } from './objective.ts';
import { readAll } from './session.ts';

/** How some numbers are spread. */
export interface Histogram {
  readonly name: string;
  readonly shape: Shape;
  /** Numbers in each of the intervals between the edges. */
  readonly counts: Uint32Array;
  /** One more than counts, from the smallest to the largest value. */
  readonly edges: Float64Array;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  /** √Σv². */
  readonly norm: number;
  /** Share of numbers that are exactly 0. */
  readonly zeros: number;
  /** Share of numbers that are NaN or infinite; they are in no interval. */
  readonly bad: number;
}

export interface HistogramOptions {
  /** Number of intervals. Default 30. */
  readonly bins?: number | undefined;
}

/**
 * How the values of each weight are spread.
 *
 * @example
 * const [kernel] = await inspect.weightHistograms(lenet5({ seed: 0 }));
 * kernel.name; // 'conv2d/kernel'
 */
export async function weightHistograms(
  model: Inspectable,
  { bins = BINS }: HistogramOptions = {},
): Promise<Histogram[]> {
  const { weights } = model.network;
  const values = await readAll(weights.map(({ weight }) => weight.variable));
  return weights.map(({ name, weight }, i) => histogram(name, weight.variable.shape, values[i]!, bins));
}

export interface GradientHistogramOptions extends ObjectiveOptions, HistogramOptions {
  /** Whether layers behave as while training: dropout drops, batch normalization uses the batch. Default true. */
  readonly training?: boolean | undefined;
  /** Decides dropout. Default 0. */
  readonly seed?: number | undefined;
}

/**
 * How the gradient of each trainable weight is spread, for the mean loss of a batch; regularizers do not count.
 *
 * @param x samples [N, ...inputShape]
 * @param y class numbers, or values
 * @throws DataError on data of another shape
 * @example
 * const { loss, gradients } = await inspect.gradientHistograms(lenet5({ seed: 0 }), images, labels);
 * gradients.length; // 10
 */
export async function gradientHistograms(
  model: Inspectable,
  x: DataInput,
  y: DataInput,
  { bins = BINS, ...options }: GradientHistogramOptions = {},
): Promise<{ readonly loss: number; readonly gradients: readonly Histogram[] }> {
  const { loss, weights } = await batchGradients(model, x, y, options);
  const named = model.network.weights.map(({ name, weight }, i) => ({ name, weight, values: weights[i]! }));
  return {
    loss,
    gradients: named
      .filter(({ weight }) => weight.trainable)
      .map(({ name, weight, values }) => histogram(name, weight.variable.shape, values, bins)),
  };
}

/** Copies of the weights, to see later how far they have moved. */
export interface WeightSnapshot {
  readonly weights: readonly { readonly name: string; readonly values: Float32Array }[];
}

/** The weights as they are now; see {@link updateRatios}. */
export async function weightSnapshot(model: Inspectable): Promise<WeightSnapshot> {
  const { weights } = model.network;
  const values = await readAll(weights.map(({ weight }) => weight.variable));
  return { weights: weights.map(({ name }, i) => ({ name, values: values[i]! })) };
}

/** How far a weight has moved, against how large it is. */
export interface UpdateRatio {
  readonly name: string;
  /** ‖w − w₀‖. */
  readonly update: number;
  /** ‖w₀‖. */
  readonly weight: number;
  /** ‖w − w₀‖ / ‖w₀‖: near 1e-3 a step where training goes well. Infinite for weights that were all 0. */
  readonly ratio: number;
}

/**
 * How far each trainable weight has moved since a snapshot, as a share of its size.
 *
 * @throws RangeError when the snapshot is of another model
 * @example
 * const before = await inspect.weightSnapshot(model);
 * await model.trainOnBatch(x, y);
 * const [first] = await inspect.updateRatios(model, before);
 * first.ratio < 1; // true
 */
export async function updateRatios(model: Inspectable, before: WeightSnapshot): Promise<UpdateRatio[]> {
  const { weights } = model.network;
  const values = await readAll(weights.map(({ weight }) => weight.variable));
  const fits =
    before.weights.length === weights.length &&
    before.weights.every((one, i) => one.values.length === values[i]!.length);
  if (!fits)
    throw new RangeError('updateRatios: expected a snapshot of this model; received one of another.');
  return weights.flatMap(({ name, weight }, i) => {
    if (!weight.trainable) return [];
    const old = before.weights[i]!.values;
    const update = normOf(values[i]!.map((value, j) => value - old[j]!));
    const size = normOf(old);
    return [{ name, update, weight: size, ratio: update === 0 ? 0 : update / size }];
  });
}

/** The histogram of some numbers. */
export function histogram(name: string, shape: Shape, values: ArrayLike<number>, bins = BINS): Histogram {
  const finite = Float32Array.from(values).filter(Number.isFinite);
  const { min, max, mean } = rangeOf(finite);
  const span = max - min || 1;
  const counts = new Uint32Array(bins);
  let [zeros, squares, deviations] = [0, 0, 0];
  for (const value of finite) {
    counts[Math.min(bins - 1, Math.floor((bins * (value - min)) / span))]!++;
    if (value === 0) zeros++;
    squares += value * value;
    deviations += (value - mean) ** 2;
  }
  return {
    name,
    shape,
    counts,
    edges: Float64Array.from({ length: bins + 1 }, (_, i) => min + (span * i) / bins),
    min,
    max,
    mean,
    std: Math.sqrt(deviations / finite.length),
    norm: Math.sqrt(squares),
    zeros: zeros / values.length,
    bad: (values.length - finite.length) / values.length,
  };
}

const BINS = 30;

function normOf(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
