import { permutation } from '../data/random.ts';
import type { NumericData, Rows } from './arrays.ts';

/** Samples and targets of one step. */
export interface Batch {
  readonly x: NumericData;
  readonly y: NumericData;
  readonly count: number;
}

/** Where the batches of an epoch come from. */
export interface BatchSource {
  /** Samples and steps of an epoch, where they are known beforehand. */
  readonly samples: number | undefined;
  readonly steps: number | undefined;
  /** A batch is good until the next one is asked for; its memory is used again. */
  epoch(epoch: number): Iterator<Batch> | AsyncIterator<Batch>;
}

/**
 * Batches cut from arrays, in order or, with a seed, in an order that seed and epoch decide. The last batch holds
 * what is left.
 */
export function arraySource(
  x: Rows,
  y: Rows,
  batchSize: number,
  shuffle?: { readonly seed: number },
): BatchSource {
  const steps = Math.ceil(x.count / batchSize);
  const staging = shuffle && { x: like(x, batchSize), y: like(y, batchSize) };
  return {
    samples: x.count,
    steps,
    *epoch(epoch) {
      const order = shuffle && permutation(x.count, { seed: shuffle.seed, epoch });
      for (let start = 0; start < x.count; start += batchSize) {
        const count = Math.min(batchSize, x.count - start);
        if (!order || !staging) {
          yield {
            x: x.data.subarray(start * x.size, (start + count) * x.size),
            y: y.data.subarray(start * y.size, (start + count) * y.size),
            count,
          };
          continue;
        }
        for (let i = 0; i < count; i++) {
          copyRow(x, order[start + i]!, staging.x, i);
          copyRow(y, order[start + i]!, staging.y, i);
        }
        yield {
          x: staging.x.subarray(0, count * x.size),
          y: staging.y.subarray(0, count * y.size),
          count,
        };
      }
    },
  };
}

function copyRow(from: Rows, row: number, to: NumericData, at: number): void {
  const { data, size } = from;
  if (size === 1) to[at] = data[row]!;
  else to.set(data.subarray(row * size, (row + 1) * size), at * size);
}

/** Room for a batch of the same element type. */
function like({ data, size }: Rows, batchSize: number): NumericData {
  // The constructor of a typed array makes its own class, which TypeScript does not know of `constructor`.
  return new (data.constructor as new (length: number) => NumericData)(batchSize * size);
}
