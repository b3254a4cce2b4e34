import { permutation } from '../data/random.ts';
import type { NumericData, Rows } from './arrays.ts';
import type { BatchShape } from './graphs.ts';
import type { Samples } from './samples.ts';

/** Samples and targets of one step: arrays in the order of the inputs, targets and weights. */
export interface Batch {
  readonly inputs: readonly NumericData[];
  readonly targets: readonly NumericData[];
  readonly weights: readonly NumericData[];
  /** Of one sample, of each weight; none where all samples count the same. */
  readonly weightShapes: readonly (readonly number[])[];
  readonly count: number;
}

/** Where the batches of an epoch come from. */
export interface BatchSource {
  /** Samples and steps of an epoch, where they are known beforehand. */
  readonly samples: number | undefined;
  readonly steps: number | undefined;
  /** What sizes of batches come, the first one first, where they are known beforehand. */
  readonly shapes: readonly BatchShape[];
  /** The batches of an epoch from number `first` on; each is good until the next one is asked for. */
  epoch(epoch: number, first: number): Iterator<Batch> | AsyncIterator<Batch>;
}

/**
 * Batches cut from arrays, in order or, with a seed, in an order that seed and epoch decide. The last batch holds
 * what is left.
 */
export function arraySource(
  samples: Samples,
  batchSize: number,
  shuffle?: { readonly seed: number },
): BatchSource {
  const { inputs, targets, weights, weightShapes, count: total } = samples;
  const staging =
    shuffle && [inputs, targets, weights].map((columns) => columns.map((rows) => like(rows, batchSize)));
  return {
    samples: total,
    steps: Math.ceil(total / batchSize),
    shapes: [Math.min(batchSize, total), total % batchSize]
      .filter((count, i) => count > 0 && (i === 0 || total > batchSize))
      .map((count) => ({ count, weightShapes })),
    *epoch(epoch, first) {
      const order = shuffle && permutation(total, { seed: shuffle.seed, epoch });
      for (let start = first * batchSize; start < total; start += batchSize) {
        const count = Math.min(batchSize, total - start);
        const part = (columns: readonly Rows[], group: number) =>
          columns.map((rows, i) =>
            order && staging
              ? gather(rows, order, start, count, staging[group]![i]!)
              : rows.data.subarray(start * rows.size, (start + count) * rows.size),
          );
        yield {
          inputs: part(inputs, 0),
          targets: part(targets, 1),
          weights: part(weights, 2),
          weightShapes,
          count,
        };
      }
    },
  };
}

/** All of some samples as one batch. */
export function oneBatch({ inputs, targets, weights, weightShapes, count }: Samples): Batch {
  const data = (columns: readonly Rows[]) => columns.map((rows) => rows.data);
  return { inputs: data(inputs), targets: data(targets), weights: data(weights), weightShapes, count };
}

/** The rows that stand in `order` from `start` on, copied to the beginning of `to`. */
function gather(
  { data, size }: Rows,
  order: ArrayLike<number>,
  start: number,
  count: number,
  to: NumericData,
): NumericData {
  for (let i = 0; i < count; i++) {
    const row = order[start + i]!;
    if (size === 1) to[i] = data[row]!;
    else to.set(data.subarray(row * size, (row + 1) * size), i * size);
  }
  return to.subarray(0, count * size);
}

/** Room for a batch of the same element type. */
function like({ data, size }: Rows, batchSize: number): NumericData {
  // The constructor of a typed array makes its own class, which TypeScript does not know of `constructor`.
  return new (data.constructor as new (length: number) => NumericData)(batchSize * size);
}
