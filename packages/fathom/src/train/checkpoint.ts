import { DataError } from '../data/errors.ts';
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from '../io/safetensors.ts';
import type { NumericArray } from '../ir/tensor.ts';
import type { OptimizerState } from '../nn/optimizers/index.ts';
import type { CallbackState, WeightValues } from './callbacks.ts';
import type { Figures } from './means.ts';

/** Everything that the rest of a run depends on: gone on from here, it comes to the same bits. */
export interface Checkpoint {
  /** Decides shuffling, and with the number of the step the masks of dropout. */
  readonly seed: number;
  /** The batch that comes next, both counted from 0. */
  readonly epoch: number;
  readonly batch: number;
  /** True where a callback has ended the run. */
  readonly stopped: boolean;
  /** What the run was over; it must be the same when it goes on. */
  readonly data: {
    readonly batchSize: number;
    readonly samples: number | null;
    readonly steps: number | null;
  };
  readonly weights: readonly WeightValues[];
  /** What layers keep from batch to batch beside their weights, as stateful recurrent ones do. */
  readonly states: readonly WeightValues[];
  /** Its slots, the number of steps done, and the learning rate. */
  readonly optimizer: OptimizerState;
  /** Figures of the epochs done. */
  readonly epochs: readonly number[];
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** What the steps of this epoch measured so far. */
  readonly figures: readonly BatchFigures[];
  readonly callbacks: readonly NamedState[];
}

/** What a step measured, and over how many samples. */
export interface BatchFigures {
  readonly figures: Figures;
  readonly count: number;
}

export interface NamedState {
  readonly name: string;
  readonly state: CallbackState;
}

/**
 * A checkpoint as the bytes of a safetensors file: numbers of arrays as tensors, all else as JSON in its header.
 *
 * @example
 * const store = { saveFreq: 'epoch', load: async () => undefined, save: async (state) => encodeCheckpoint(state) };
 * await model.fit(x, y, { callbacks: [{ store }] });
 */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const { weights, states, optimizer, figures, callbacks, ...rest } = checkpoint;
  const list = (prefix: string, tensors: readonly WeightValues[]) =>
    tensors.map((tensor) => ({ ...tensor, name: `${prefix}/${tensor.name}` }));
  const packed = packFigures(figures);
  const header = {
    ...rest,
    optimizer: { steps: optimizer.steps, learningRate: optimizer.learningRate },
    figures: packed.layout,
    callbacks: callbacks.map(({ name, state }) => ({ name, values: state.values ?? {} })),
  };
  return encodeSafetensors(
    [
      ...list(WEIGHTS, weights),
      ...list(STATES, states),
      ...list(SLOTS, optimizer.slots),
      ...callbacks.flatMap(({ state }, i) => list(callbackPrefix(i), state.weights ?? [])),
      { name: FIGURES, shape: [packed.words.length], data: packed.words },
    ],
    { format: FORMAT, version: String(VERSION), state: JSON.stringify(header, writeNumber) },
  );
}

/**
 * The checkpoint in such bytes.
 *
 * @param where the file, for messages
 * @throws DataError when they are damaged, or no checkpoint
 * @example
 * decodeCheckpoint(encodeCheckpoint(checkpoint)).epoch; // 1
 */
export function decodeCheckpoint(bytes: Uint8Array, where = 'checkpoint'): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  if (metadata.format !== FORMAT || metadata.version !== String(VERSION)) {
    throw damaged(
      where,
      `a checkpoint of version ${VERSION}`,
      `${metadata.format ?? 'none'}, ${metadata.version ?? ''}`,
    );
  }
  const under = (prefix: string): WeightValues[] =>
    [...tensors.values()].filter(isFloat).flatMap(({ name, shape, data }) => {
      return name.startsWith(`${prefix}/`) ? [{ name: name.slice(prefix.length + 1), shape, data }] : [];
    });
  try {
    const header = JSON.parse(metadata.state ?? '', readNumber) as Header;
    const { optimizer, figures, callbacks, ...rest } = header;
    const words = tensors.get(FIGURES)!.data as Int32Array<ArrayBuffer>;
    return {
      ...rest,
      weights: under(WEIGHTS),
      states: under(STATES),
      optimizer: { ...optimizer, slots: under(SLOTS) },
      figures: unpackFigures(figures, words),
      callbacks: callbacks.map(({ name, values }, i) => ({
        name,
        state: { values, weights: under(callbackPrefix(i)) },
      })),
    };
  } catch (error) {
    throw damaged(where, 'the state of a run', `something else (${(error as Error).message})`);
  }
}

const FORMAT = 'fathom-checkpoint';
const VERSION = 1;
const WEIGHTS = 'weights';
const STATES = 'states';
const SLOTS = 'slots';
const FIGURES = 'figures';
const callbackPrefix = (i: number) => `callbacks/${i}`;

/** A checkpoint without its arrays. */
type Header = Omit<Checkpoint, 'weights' | 'states' | 'optimizer' | 'figures' | 'callbacks'> & {
  readonly optimizer: Omit<OptimizerState, 'slots'>;
  readonly figures: FigureLayout;
  readonly callbacks: readonly { readonly name: string; readonly values: Record<string, unknown> }[];
};

/** Of each batch the number of samples, then for each metric the element type and length of each array. */
type FigureLayout = readonly { readonly count: number; readonly parts: readonly (readonly PartLayout[])[] }[];
type PartLayout = readonly [type: keyof typeof ARRAYS, length: number];
const ARRAYS = { f32: Float32Array, f64: Float64Array, i32: Int32Array };

/** All numbers as doubles, bit for bit, in an array that the file format knows. */
function packFigures(batches: readonly BatchFigures[]): {
  layout: FigureLayout;
  words: Int32Array<ArrayBuffer>;
} {
  const numbers: number[] = [];
  const layout = batches.map(({ figures: { loss, parts }, count }) => {
    numbers.push(loss);
    const lengths = parts.map((arrays) =>
      arrays.map((array): PartLayout => {
        for (const value of array) numbers.push(value);
        return [typeOf(array), array.length];
      }),
    );
    return { count, parts: lengths };
  });
  return { layout, words: new Int32Array(Float64Array.from(numbers).buffer) };
}

function unpackFigures(layout: FigureLayout, words: Int32Array<ArrayBuffer>): BatchFigures[] {
  const numbers = new Float64Array(words.buffer, words.byteOffset, words.length / 2);
  let at = 0;
  return layout.map(({ count, parts }) => {
    const loss = numbers[at++]!;
    const arrays = parts.map((lengths) =>
      lengths.map(([type, length]): NumericArray => {
        const array = ARRAYS[type].from(numbers.subarray(at, at + length));
        at += length;
        return array;
      }),
    );
    return { figures: { loss, parts: arrays }, count };
  });
}

function typeOf(array: NumericArray): keyof typeof ARRAYS {
  if (array instanceof Float32Array) return 'f32';
  return array instanceof Float64Array ? 'f64' : 'i32';
}

function isFloat(tensor: NamedTensor): tensor is NamedTensor & { data: Float32Array } {
  return tensor.data instanceof Float32Array;
}

/** JSON knows no NaN, no infinity and no −0. */
function writeNumber(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return { $number: Object.is(value, -0) ? '-0' : String(value) };
}

function readNumber(_key: string, value: unknown): unknown {
  if (typeof value === 'object' && value !== null && '$number' in value) return Number(value.$number);
  return value;
}

function damaged(where: string, expected: string, received: string): DataError {
  return new DataError({
    what: 'this is no whole checkpoint',
    where,
    expected,
    received,
    fix: 'Go on from an earlier one, or begin anew.',
  });
}
