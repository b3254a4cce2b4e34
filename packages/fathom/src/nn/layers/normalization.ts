import { formatShape, type Shape, sizeOf } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { add, broadcast, constant, divide, maximum, multiply, sqrt, subtract } from '../../ops/index.ts';
import type { Initializer } from '../initializers/index.ts';
import { type BuildScope, type CallContext, Layer, type LayerOptions, shapeError } from '../layer.ts';
import { sampleAxesOf } from './affine.ts';

/** Numbers in nested lists, or flat with the shape of the batch. */
export type AdaptBatch = NestedNumbers | { readonly data: ArrayLike<number>; readonly shape: Shape };
export type NestedNumbers = readonly (number | NestedNumbers)[] | Float32Array | Float64Array | Int32Array;

export interface NormalizationOptions extends LayerOptions {
  /**
   * Axis or axes of a batch that keep a mean and a variance of their own, so that 1 is the first one of a sample; null
   * for one mean and one variance of everything. Default -1.
   */
  readonly axis?: number | readonly number[] | null | undefined;
  /** Given instead of adapt(): one for all, or one for each place of the axes. */
  readonly mean?: number | readonly number[] | undefined;
  readonly variance?: number | readonly number[] | undefined;
  /** Undoes a normalization instead: y = mean + x·√variance. Default false. */
  readonly invert?: boolean | undefined;
}

/**
 * Brings features to mean 0 and variance 1 by statistics of the data: y = (x − mean)/√variance. `adapt` measures them;
 * or they are given. Optimizers do not touch them.
 *
 * Any shape, which stays. Weights, not trainable, unless given as options: mean and variance, of the shape of the axes.
 *
 * @throws RangeError when one of mean and variance is given alone, or samples do not have the axes
 * @example
 * const scale = layers.normalization({ inputShape: [2] });
 * await scale.adapt([[1, 10], [3, 30]]);
 */
export function normalization(options: NormalizationOptions = {}): Normalization {
  return new Normalization(options);
}

export class Normalization extends Layer {
  readonly type = 'normalization';
  override readonly supportsMasking = true;
  readonly axis: number | readonly number[] | null;
  readonly invert: boolean;
  readonly given: { readonly mean: readonly number[]; readonly variance: readonly number[] } | undefined;
  /** Axes of a sample that keep their statistics. */
  #axes: readonly number[] = [];
  #shape: Shape = [];
  #adapted: Statistics | undefined;
  mean: Variable | undefined;
  variance: Variable | undefined;

  constructor(options: NormalizationOptions = {}) {
    super(options);
    const { axis = -1, mean, variance, invert = false } = options;
    this.axis = axis;
    this.invert = invert;
    if ((mean === undefined) !== (variance === undefined)) {
      throw new RangeError(
        `${options.name ?? 'normalization'}: expected mean and variance together; received one of them. Give both, or neither and call adapt().`,
      );
    }
    if (mean !== undefined) {
      this.given = { mean: [mean].flat(), variance: [variance!].flat() };
    }
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    this.#axes = this.axis === null ? [] : sampleAxesOf(this, this.axis, inputShape);
    this.#shape = this.#axes.map((axis) => inputShape[axis]!);
    const size = sizeOf(this.#shape);
    if (this.given) {
      const { mean, variance } = this.given;
      if ([mean, variance].some(({ length }) => length !== 1 && length !== size)) {
        throw shapeError(
          this,
          `[...] with ${mean.length} places along axis ${JSON.stringify(this.axis)}`,
          inputShape,
          'Give one mean and one variance, or one for each place of the axes.',
        );
      }
      return inputShape;
    }
    const untrained = { trainable: false };
    this.mean = scope.addWeight('mean', this.#shape, this.#initially(MEAN), untrained);
    this.variance = scope.addWeight('variance', this.#shape, this.#initially(VARIANCE), untrained);
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    const spread = (t: Tensor) =>
      broadcast(t, x.shape, t.rank === 0 ? [] : this.#axes.map((axis) => axis + 1));
    const mean = this.mean ? context.read(this.mean) : this.#constant(this.given!.mean);
    const variance = this.variance ? context.read(this.variance) : this.#constant(this.given!.variance);
    const deviation = maximum(sqrt(variance), SMALLEST_DEVIATION);
    if (this.invert) return add(spread(mean), multiply(x, spread(deviation)));
    return divide(subtract(x, spread(mean)), spread(deviation));
  }

  /**
   * Measures mean and variance of the data on the host, in 64 bits: of one batch, or of all batches that an iterable
   * gives. It forgets what it measured before.
   *
   * @throws RangeError when there are no data, or they have other shapes than the layer's samples
   */
  async adapt(data: AdaptBatch | Iterable<AdaptBatch> | AsyncIterable<AdaptBatch>): Promise<void> {
    if (this.given) {
      throw new Error(
        `${this.name}: expected no mean and variance among the options; adapt() measures them.`,
      );
    }
    let statistics: Statistics | undefined;
    for await (const batch of isBatch(data) ? [data] : data) {
      const { values, shape } = flattened(batch, this.name);
      if (values.length === 0) continue;
      const sample = shape.slice(1);
      statistics ??= this.#begin(sample);
      if (sample.length !== statistics.sample.length || sample.some((n, d) => n !== statistics!.sample[d])) {
        throw new RangeError(
          `${this.name}: adapt: expected samples of shape ${formatShape(statistics.sample)}; received ${formatShape(sample)}.`,
        );
      }
      include(statistics, values, sizeOf(sample));
    }
    if (!statistics) {
      throw new RangeError(`${this.name}: adapt: expected at least one sample; received none.`);
    }
    this.#adapted = statistics;
    this.mean!.write(statistics.mean);
    this.variance!.write(varianceOf(statistics));
  }

  protected options(): Record<string, unknown> {
    const { axis, invert, given } = this;
    return { axis, invert, ...(given ? { mean: [...given.mean], variance: [...given.variance] } : {}) };
  }

  #constant(values: readonly number[]): Tensor {
    return values.length === 1 ? constant(values, []) : constant(values, this.#shape);
  }

  /** A weight that begins as measured, so that a model made afterwards does not undo adapt(). */
  #initially(which: typeof MEAN | typeof VARIANCE): Initializer {
    const plain = which === MEAN ? 0 : 1;
    return {
      name: which === MEAN ? 'zeros' : 'ones',
      config: () => ({}),
      values: (shape) => {
        const measured = this.#adapted;
        if (!measured) return new Float32Array(sizeOf(shape)).fill(plain);
        return Float32Array.from(which === MEAN ? measured.mean : varianceOf(measured));
      },
    };
  }

  #begin(sample: Shape): Statistics {
    this.buildFor([sample]);
    const size = sizeOf(this.#shape);
    const strides = sample.map((_, axis) => {
      const kept = this.#axes.indexOf(axis);
      return kept < 0 ? 0 : sizeOf(this.#shape.slice(kept + 1));
    });
    return {
      sample,
      place: Int32Array.from({ length: sizeOf(sample) }, (_, i) => {
        let at = 0;
        let rest = i;
        for (let axis = sample.length - 1; axis >= 0; axis--) {
          at += (rest % sample[axis]!) * strides[axis]!;
          rest = Math.floor(rest / sample[axis]!);
        }
        return at;
      }),
      count: 0,
      mean: new Float64Array(size),
      squares: new Float64Array(size),
    };
  }
}

const MEAN = 'mean';
const VARIANCE = 'variance';
/** As in Keras: features that never change are not divided by 0. */
const SMALLEST_DEVIATION = 1e-7;

/** Running statistics by Welford's method: for each place of the kept axes its mean, and Σ (x − mean)². */
interface Statistics {
  readonly sample: Shape;
  /** For each place of a sample the place of its statistics. */
  readonly place: Int32Array;
  /** Values that each mean has seen. */
  count: number;
  readonly mean: Float64Array;
  readonly squares: Float64Array;
}

/** Joins the statistics of a batch, computed in two passes, with those before (Chan, Golub, LeVeque 1979). */
function include(statistics: Statistics, values: ArrayLike<number>, sampleSize: number): void {
  const { place, mean, squares } = statistics;
  const added = values.length / mean.length;
  const sums = new Float64Array(mean.length);
  for (let i = 0; i < values.length; i++) sums[place[i % sampleSize]!]! += values[i]!;
  const own = sums.map((sum) => sum / added);
  const spread = new Float64Array(mean.length);
  for (let i = 0; i < values.length; i++) {
    const at = place[i % sampleSize]!;
    spread[at]! += (values[i]! - own[at]!) ** 2;
  }
  const before = statistics.count;
  const total = before + added;
  for (let at = 0; at < mean.length; at++) {
    const apart = own[at]! - mean[at]!;
    mean[at]! += (apart * added) / total;
    squares[at]! += spread[at]! + (apart * apart * before * added) / total;
  }
  statistics.count = total;
}

function varianceOf({ squares, count }: Statistics): Float64Array {
  return squares.map((sum) => sum / count);
}

/** Numbers in lists, or typed: one batch. Lists of typed arrays are samples of a batch; other iterables give batches. */
function isBatch(data: unknown): data is AdaptBatch {
  return Array.isArray(data)
    ? data.length === 0 || !isFlat(data[0])
    : ArrayBuffer.isView(data) || isFlat(data);
}

const isFlat = (data: unknown) =>
  typeof data === 'object' && data !== null && 'data' in data && 'shape' in data;

function flattened(batch: AdaptBatch, where: string): { values: ArrayLike<number>; shape: Shape } {
  if (isFlat(batch)) {
    const { data, shape } = batch as { data: ArrayLike<number>; shape: Shape };
    if (data.length === sizeOf(shape)) return { values: data, shape };
    throw new RangeError(
      `${where}: adapt: expected ${sizeOf(shape)} values for ${formatShape(shape)}; received ${data.length}.`,
    );
  }
  const shape: number[] = [];
  for (
    let level: unknown = batch;
    typeof level === 'object' && level !== null;
    level = (level as number[])[0]
  ) {
    shape.push((level as ArrayLike<number>).length);
  }
  const values = new Float64Array(sizeOf(shape));
  let next = 0;
  const visit = (level: ArrayLike<unknown>, depth: number) => {
    if (level.length !== shape[depth]) {
      throw new RangeError(
        `${where}: adapt: expected lists of one length, ${shape[depth]}; received one of ${level.length}.`,
      );
    }
    for (let i = 0; i < level.length; i++) {
      if (depth === shape.length - 1) values[next++] = level[i] as number;
      else visit(level[i] as ArrayLike<unknown>, depth + 1);
    }
  };
  visit(batch as ArrayLike<unknown>, 0);
  return { values, shape };
}
