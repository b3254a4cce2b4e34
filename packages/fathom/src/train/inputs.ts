import { DataError } from '../data/errors.ts';
import type { Loss } from '../nn/losses/index.ts';
import type { LayerStack } from '../nn/stack.ts';
import {
  type ArrayInput,
  checkLabelRows,
  checkSameCount,
  isArrayInput,
  type Rows,
  sliceRows,
  toRows,
} from './arrays.ts';
import { arraySource, type BatchSource } from './batches.ts';
import { targetShape } from './graphs.ts';
import type { BatchesInput, BatchInput } from './options.ts';

/** Samples and their targets. */
export interface Pairs {
  readonly x: Rows;
  readonly y: Rows;
}

/** What data is checked against. */
export interface Expected {
  readonly stack: LayerStack;
  readonly loss: Loss;
}

/**
 * Samples and targets as a model and its loss need them.
 *
 * @throws DataError on another shape, different counts, NaN, labels out of range, or nothing
 */
export function toPairs(x: ArrayInput, y: ArrayInput, { stack, loss }: Expected, where: string): Pairs {
  const samples = toRows(x, stack.inputShape!, `${where}: x`);
  const targets = toRows(y, targetShape(stack, loss), `${where}: y`, targetsHint(loss));
  checkSameCount(samples, targets, where, targetsHint(loss));
  if (loss.targets === 'labels') {
    const { outputShape } = stack;
    checkLabelRows(targets, outputShape[outputShape.length - 1]!, `${where}: y`);
  }
  return { x: samples, y: targets };
}

/**
 * Cuts off the last samples to validate with, as Keras does.
 *
 * @throws RangeError when either part would be empty
 */
export function splitPairs({ x, y }: Pairs, fraction: number): { train: Pairs; validation: Pairs } {
  const count = Math.floor(x.count * (1 - fraction));
  if (!(fraction > 0 && fraction < 1) || count === 0 || count === x.count) {
    throw new RangeError(
      `fit: expected a validationSplit in (0, 1) that leaves samples on either side of ${x.count}; received ${fraction}.`,
    );
  }
  const part = (start: number, end: number) => ({ x: sliceRows(x, start, end), y: sliceRows(y, start, end) });
  return { train: part(0, count), validation: part(count, x.count) };
}

/** The batches of an iterable, each checked when it comes. */
export function iterableSource(batches: BatchesInput, expected: Expected, where: string): BatchSource {
  if (!isIterable(batches)) {
    throw new DataError({
      what: 'there is no data',
      where,
      expected: 'arrays x and y, or an iterable of batches [x, y]',
      received: batches === null ? 'null' : typeof batches,
      fix: 'Pass the samples, then their targets.',
    });
  }
  return {
    samples: undefined,
    steps: undefined,
    async *epoch() {
      for await (const [x, y] of batches) {
        const pairs = toPairs(x, y, expected, where);
        yield { x: pairs.x.data, y: pairs.y.data, count: pairs.x.count };
      }
    },
  };
}

/** Data to evaluate on: a pair of arrays, or batches. */
export function validationSource(
  data: BatchInput | BatchesInput,
  batchSize: number,
  expected: Expected,
): BatchSource {
  const where = 'fit: validationData';
  if (!isPair(data)) return iterableSource(data, expected, where);
  const { x, y } = toPairs(data[0], data[1], expected, where);
  return arraySource(x, y, batchSize);
}

/** Two arrays of data are always a pair, never two batches. */
function isPair(data: BatchInput | BatchesInput): data is BatchInput {
  return Array.isArray(data) && data.length === 2 && data.every(isArrayInput);
}

function isIterable(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

function targetsHint(loss: Loss): string {
  return loss.targets === 'labels'
    ? `${loss.name} takes one class number a sample; for one-hot targets use categoricalCrossentropy.`
    : `${loss.name} takes targets of the output's shape; for class numbers use sparseCategoricalCrossentropy.`;
}
