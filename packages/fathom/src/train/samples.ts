import { DataError } from '../data/errors.ts';
import type { DType, Shape } from '../ir/shape.ts';
import type { Loss } from '../nn/losses/index.ts';
import {
  type ArrayInput,
  checkLabelRows,
  isArrayInput,
  type Rows,
  sliceRows,
  statedShape,
  toRows,
} from './arrays.ts';
import { arraySource, type BatchSource, oneBatch } from './batches.ts';
import type { BatchesInput, BatchInput, DataInput, SampleWeightOptions } from './options.ts';

/** Samples, their targets, and what each counts: rows in the order of the inputs and targets. */
export interface Samples {
  readonly inputs: readonly Rows[];
  readonly targets: readonly Rows[];
  /** One for each target, or none where all samples count the same. */
  readonly weights: readonly Rows[];
  readonly weightShapes: readonly Shape[];
  readonly count: number;
}

/** What a place for data takes. */
export interface Feed {
  readonly name: string;
  /** Of one sample. */
  readonly shape: Shape;
  /** Of integers, fractions are refused. Default 'float32'. */
  readonly dtype?: DType;
}

export interface TargetFeed extends Feed {
  readonly loss: Loss;
  /** Extent of the last axis of the output: how many classes there are. */
  readonly classes: number;
}

/** What data is checked against. */
export interface Expected {
  readonly inputs: readonly Feed[];
  readonly targets: readonly TargetFeed[];
}

/**
 * Samples, targets and weights as a model and its losses need them.
 *
 * @throws DataError on another shape, different counts, NaN, labels out of range, or nothing
 */
export function toSamples(
  x: DataInput,
  y: DataInput,
  expected: Expected,
  where: string,
  options: SampleWeightOptions = {},
): Samples {
  const inputs = toInputs(x, expected.inputs, `${where}: x`);
  const targets = toColumns(y, expected.targets, `${where}: y`).map(({ data, feed, place }) => {
    const hint = targetsHint(feed.loss);
    const rows = toRows(data, feed.shape, place, hint);
    checkCount(inputs[0]!, rows, where, 'targets', hint);
    if (feed.loss.targets === 'labels') checkLabelRows(rows, feed.classes, place, feed.loss.ignoreClass);
    return rows;
  });
  const { weights, weightShapes } = toWeights(targets, expected, where, options);
  return { inputs, targets, weights, weightShapes, count: inputs[0]!.count };
}

/** Samples as a model needs them. */
export function toInputs(x: DataInput, feeds: readonly Feed[], where: string): readonly Rows[] {
  const inputs = toColumns(x, feeds, where).map(({ data, feed, place }) => {
    const rows = toRows(data, feed.shape, place);
    if (feed.dtype === 'int32') checkIntegers(rows, place);
    return rows;
  });
  const other = inputs.find(({ count }) => count !== inputs[0]!.count);
  if (other) {
    throw new DataError({
      what: 'the inputs do not fit together',
      where,
      expected: `as many samples for each input as for the first, ${inputs[0]!.count}`,
      received: inputs.map(({ count }, i) => `${count} for ${feeds[i]!.name}`).join(', '),
      fix: 'Check that they belong together.',
    });
  }
  return inputs;
}

/**
 * Cuts off the last samples to validate with, as Keras does.
 *
 * @throws RangeError when either part would be empty
 */
export function splitSamples(
  samples: Samples,
  fraction: number,
): { readonly train: Samples; readonly validation: Samples } {
  const count = Math.floor(samples.count * (1 - fraction));
  if (!(fraction > 0 && fraction < 1) || count === 0 || count === samples.count) {
    throw new RangeError(
      `fit: expected a validationSplit in (0, 1) that leaves samples on either side of ${samples.count}; received ${fraction}.`,
    );
  }
  const part = (start: number, end: number): Samples => {
    const cut = (columns: readonly Rows[]) => columns.map((rows) => sliceRows(rows, start, end));
    const { inputs, targets, weights, weightShapes } = samples;
    return {
      inputs: cut(inputs),
      targets: cut(targets),
      weights: cut(weights),
      weightShapes,
      count: end - start,
    };
  };
  return { train: part(0, count), validation: part(count, samples.count) };
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
    shapes: [],
    async *epoch(_epoch, first) {
      let done = 0;
      for await (const [x, y, sampleWeight] of batches) {
        // Batches that were trained on before the run was cut off.
        if (done++ < first) continue;
        yield oneBatch(toSamples(x, y, expected, where, { sampleWeight }));
      }
    },
  };
}

/** Data to evaluate on: arrays, or batches. */
export function validationSource(
  data: BatchInput | BatchesInput,
  batchSize: number,
  expected: Expected,
): BatchSource {
  const where = 'fit: validationData';
  if (!isPair(data)) return iterableSource(data, expected, where);
  const [x, y, sampleWeight] = data;
  return arraySource(toSamples(x, y, expected, where, { sampleWeight }), batchSize);
}

/** Whether something is data, of one input or of several, and not an iterable of batches. */
export function isDataInput(input: unknown): input is DataInput {
  if (isArrayInput(input)) return true;
  return typeof input === 'object' && input !== null && !isIterable(input);
}

/** Two or three arrays of data are always samples, targets and weights, never batches. */
function isPair(data: BatchInput | BatchesInput): data is BatchInput {
  return Array.isArray(data) && (data.length === 2 || data.length === 3) && data.every(isDataInput);
}

function isIterable(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

interface Column<F> {
  readonly data: ArrayInput;
  readonly feed: F;
  readonly place: string;
}

/** The data of each place, given as one array, in order or by name. */
function toColumns<F extends Feed>(
  input: DataInput,
  feeds: readonly F[],
  where: string,
): readonly Column<F>[] {
  const byName = isRecord(input) ? input : undefined;
  if (!byName && feeds.length === 1) return [{ data: input as ArrayInput, feed: feeds[0]!, place: where }];
  const names = feeds.map(({ name }) => name);
  const given: readonly unknown[] | undefined = byName
    ? names.map((name) => byName[name])
    : Array.isArray(input)
      ? input
      : undefined;
  const extra = byName ? Object.keys(byName).filter((name) => !names.includes(name)) : [];
  if (given?.length !== feeds.length || extra.length > 0 || !given.every(isArrayInput)) {
    throw new DataError({
      what: 'data is missing, or there is too much',
      where,
      expected: `arrays for ${names.join(', ')}, as a list in this order or as a record by name`,
      received: byName ? Object.keys(byName).join(', ') : given ? `${given.length} arrays` : typeof input,
      fix: 'Pass one array for each.',
    });
  }
  return feeds.map((feed, i) => ({ data: given[i] as ArrayInput, feed, place: `${where}.${feed.name}` }));
}

/** Several arrays, and not the nested numbers of one. */
function isListOfArrays(input: DataInput): boolean {
  return Array.isArray(input) && input.every(isArrayInput);
}

function isRecord(input: DataInput): input is Readonly<Record<string, ArrayInput>> {
  return typeof input === 'object' && input !== null && !isArrayInput(input);
}

function toWeights(
  targets: readonly Rows[],
  expected: Expected,
  where: string,
  { sampleWeight, classWeight }: SampleWeightOptions,
): Pick<Samples, 'weights' | 'weightShapes'> {
  if (classWeight) {
    if (sampleWeight) {
      throw new RangeError(
        `${where}: expected sampleWeight or classWeight; received both. Multiply them yourself.`,
      );
    }
    return classWeights(targets, expected, classWeight, where);
  }
  if (!sampleWeight) return { weights: [], weightShapes: [] };
  // One array counts for all outputs.
  const one = !isRecord(sampleWeight) && (targets.length === 1 || !isListOfArrays(sampleWeight));
  const columns = one
    ? targets.map(() => ({ data: sampleWeight as ArrayInput, place: `${where}: sampleWeight` }))
    : toColumns(sampleWeight, expected.targets, `${where}: sampleWeight`);
  const weightShapes: Shape[] = [];
  const weights = columns.map(({ data, place }, i) => {
    const shape = statedShape(data)?.slice(1) ?? [];
    const rows = toRows(data, shape, place);
    checkCount(targets[i]!, rows, where, 'weights', `Give each sample one, or its steps.`);
    weightShapes.push(shape);
    return rows;
  });
  return { weights, weightShapes };
}

/** Weights of samples by the class that their targets say. */
function classWeights(
  targets: readonly Rows[],
  expected: Expected,
  classWeight: Readonly<Record<number, number>>,
  where: string,
): Pick<Samples, 'weights' | 'weightShapes'> {
  const [rows, feed] = [targets[0]!, expected.targets[0]!];
  if (targets.length > 1) {
    throw new RangeError(
      `${where}: classWeight needs a model with one output; received one with ${targets.length}. Pass sampleWeight.`,
    );
  }
  const oneHot = feed.loss.targets !== 'labels' && feed.classes > 1;
  const width = oneHot ? feed.classes : 1;
  const shape = feed.loss.targets === 'labels' ? feed.shape : feed.shape.slice(0, -1);
  const data = new Float32Array((rows.count * rows.size) / width);
  for (let i = 0; i < data.length; i++) {
    let label = rows.data[i * width]!;
    if (oneHot) {
      label = 0;
      for (let k = 1; k < width; k++)
        if (rows.data[i * width + k]! > rows.data[i * width + label]!) label = k;
    }
    data[i] = classWeight[label] ?? 1;
  }
  return { weights: [{ data, count: rows.count, size: rows.size / width }], weightShapes: [shape] };
}

function checkCount(x: Rows, y: Rows, where: string, what: string, hint: string): void {
  if (x.count === y.count) return;
  throw new DataError({
    what: `samples and ${what} do not fit together`,
    where,
    expected: `a ${what.slice(0, -1)} for each of the ${x.count} samples`,
    received: `${y.count} ${what}`,
    fix: `Check that x and y belong together. ${hint}`,
  });
}

function checkIntegers({ data, size }: Rows, where: string): void {
  if (!(data instanceof Float32Array)) return;
  const at = data.findIndex((value) => !Number.isInteger(value));
  if (at < 0) return;
  throw new DataError({
    what: 'the data holds no integers',
    where: `${where}, sample ${Math.floor(at / size)}`,
    expected: 'integers, as the input says',
    received: String(data[at]),
    fix: "Round them, or make the input's dtype 'float32'.",
  });
}

function targetsHint(loss: Loss): string {
  return loss.targets === 'labels'
    ? `${loss.name} takes one class number a sample; for one-hot targets use categoricalCrossentropy.`
    : `${loss.name} takes targets of the output's shape; for class numbers use sparseCategoricalCrossentropy.`;
}
