import {
  columnsOfInputs,
  DataError,
  digitFromPixels,
  inspect,
  type Model,
  normalize,
  originalRow,
  type StoredColumns,
  sampleSize,
  standardizeRow,
} from 'fathom';
import { type LabData, writtenRow } from './data.ts';
import type { InsideInput, SampleSource } from './insideTypes.ts';
import type { Picture } from './protocol.ts';

const DIGIT = 28 * 28;
/** Data sets of digits, of which one can draw more. */
const DRAWN = ['digits', 'mnist'];

/**
 * What the inputs of a network take; the data of its training say more, where they are at hand.
 *
 * @param columns of the tables that it was trained on
 */
export function inputsOf(
  model: Model,
  data: LabData | undefined,
  columns: StoredColumns | undefined,
): InsideInput[] {
  const { inputs } = model.network;
  const { inputs: ids } = inspect.describeNetwork(model);
  const takers = inputs.map(({ shape, dtype }, i) => ({ name: model.inputNames[i]!, shape, dtype }));
  const known = columnsOfInputs(columns, takers);
  return inputs.map(({ shape, dtype }, i) => {
    const size = sampleSize(shape);
    const isPicture = shape.length === 3 && (shape[2] === 1 || shape[2] === 3);
    const fits = data && inputs.length === 1 && sampleSize(data.validation.shape) === size;
    const own = fits ? data : undefined;
    // Of other data at hand, as pictures of clothes, one wants to see its own.
    const isDigit =
      size === DIGIT &&
      (shape.length !== 2 || shape[0] === shape[1]) &&
      dtype === 'float32' &&
      (!own || DRAWN.includes(own.train.name));
    return {
      id: ids[i]!,
      kind: isDigit ? 'digit' : dtype === 'int32' ? 'tokens' : isPicture ? 'picture' : 'numbers',
      shape,
      columns: known[i],
      samples: own && !isDigit ? own.validation.count : 0,
    };
  });
}

/**
 * The numbers of a sample for each input and, of data, its label; undefined where nothing is to be seen on the one
 * picture that a network takes. Of several inputs, an empty picture is one without ink.
 */
export function samplesOf(
  model: Model,
  inputs: readonly InsideInput[],
  sources: readonly SampleSource[],
  data: LabData | undefined,
):
  | {
      values: Float32Array<ArrayBuffer>[];
      written: (readonly number[])[];
      label: string | undefined;
    }
  | undefined {
  if (sources.length !== inputs.length) {
    throw new Error(`${model.name} has ${inputs.length} inputs; received samples for ${sources.length}.`);
  }
  const samples = inputs.map((input, i) => sampleOf(model, input, i, sources[i]!, data));
  if (samples.length === 1 && !samples[0]) return undefined;
  const values = samples.map((sample, i) => sample?.values ?? new Float32Array(sampleSize(inputs[i]!.shape)));
  return {
    values,
    written: samples.map((sample, i) => sample?.written ?? writtenOf(values[i]!, inputs[i]!)),
    label: samples[0]?.label,
  };
}

interface Sample {
  readonly values: Float32Array<ArrayBuffer>;
  /** What somebody wrote, from which the values come. */
  readonly written?: readonly number[];
  readonly label: string | undefined;
}

/** The numbers of a row as one writes them: before their columns were standardized, and without the digits of rounding. */
function writtenOf(values: Float32Array, { columns, kind }: InsideInput): readonly number[] {
  if (kind === 'digit' || kind === 'picture') return [];
  return columns
    ? originalRow(values, columns)
    : Array.from(values, (value) => Number(value.toPrecision(FLOAT_DIGITS)));
}

/** Digits that float32 keeps. */
const FLOAT_DIGITS = 7;

function sampleOf(
  model: Model,
  input: InsideInput,
  index: number,
  source: SampleSource,
  data: LabData | undefined,
): Sample | undefined {
  const { id, shape, kind } = input;
  const size = sampleSize(shape);
  if ('values' in source) {
    if (source.values.length !== size || !source.values.every(Number.isFinite)) {
      const taker = model.network.inputs.length > 1 ? `${model.name}, ${id},` : model.name;
      throw new Error(
        `${taker} takes ${size} numbers [${shape.join(', ')}]; received ${source.values.length}. Give that many, or take an example.`,
      );
    }
    const { columns } = input;
    const written = source.values;
    const values = columns ? standardizeRow(written, columns) : Float32Array.from(written);
    return { values, written, label: undefined };
  }
  if ('image' in source) {
    const values = kind === 'digit' ? digitIn(source.image) : picturesPixels(source.image, shape);
    return values && { values, label: undefined };
  }
  if (data && input.samples > 0) return rowOf(data, source.example % input.samples);
  // Inputs of one shape are not all shown the same.
  return { values: madeUp(model, input, index, source.example + 1000 * index), label: undefined };
}

function digitIn(image: Picture): Float32Array<ArrayBuffer> | undefined {
  try {
    return digitFromPixels({ ...image, channels: 4 }, 'the drawing').pixels;
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

/** The middle of a picture at the size that the network takes, 0 … 1. */
function picturesPixels(
  { data, width, height }: Picture,
  shape: readonly number[],
): Float32Array<ArrayBuffer> {
  const [rows = 1, columns = 1, channels = 1] = shape;
  const whole = new OffscreenCanvas(width, height);
  whole.getContext('2d')!.putImageData(new ImageData(data, width, height), 0, 0);
  const context = new OffscreenCanvas(columns, rows).getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  const scale = Math.min(width / columns, height / rows);
  const [w, h] = [columns * scale, rows * scale];
  context.drawImage(whole, (width - w) / 2, (height - h) / 2, w, h, 0, 0, columns, rows);
  const pixels = context.getImageData(0, 0, columns, rows).data;
  return Float32Array.from({ length: rows * columns * channels }, (_, i) => {
    const at = 4 * Math.floor(i / channels);
    if (channels === 3) return pixels[at + (i % 3)]! / 255;
    return (LUMA[0] * pixels[at]! + LUMA[1] * pixels[at + 1]! + LUMA[2] * pixels[at + 2]!) / 255;
  });
}

/** ITU-R BT.601, as in the room Train. */
const LUMA = [0.299, 0.587, 0.114] as const;

function rowOf(data: LabData, index: number): Sample {
  const { images, labels, shape, classes } = data.validation;
  const size = sampleSize(shape);
  const row = images.slice(index * size, (index + 1) * size);
  const values = row instanceof Uint8Array ? normalize(row) : row;
  const written = writtenRow(data, index);
  return {
    values: values as Float32Array<ArrayBuffer>,
    label: classes[labels[index]!],
    ...(written && { written }),
  };
}

/** An example for a network without data at hand, which a number decides: a picture, waves, or words of its table. */
function madeUp(
  model: Model,
  { kind, shape }: InsideInput,
  index: number,
  seed: number,
): Float32Array<ArrayBuffer> {
  const size = sampleSize(shape);
  // Numbers 0 … 1 that look like chance and are the same everywhere.
  const chance = (i: number) => {
    const mixed = Math.imul(Math.imul(seed + 1, 0x85ebca6b) ^ Math.imul(i + 1, 0x9e3779b1), 0xc2b2ae35);
    return (Math.imul(mixed ^ (mixed >>> 15), 0x27d4eb2f) >>> 0) / 2 ** 32;
  };
  if (kind === 'tokens') {
    const words = wordsOf(model, index);
    return Float32Array.from({ length: size }, (_, i) => 1 + Math.floor(chance(i) * (words - 1)));
  }
  if (kind === 'picture') return shapes(shape, chance);
  const features = shape.at(-1)!;
  if (shape.length === 1) return Float32Array.from({ length: size }, (_, i) => round(2 * chance(i) - 1));
  return Float32Array.from({ length: size }, (_, i) => {
    const [step, feature] = [Math.floor(i / features), i % features];
    return round(Math.sin((0.3 + chance(feature)) * step + 6 * chance(feature + 100)));
  });
}

/** The words of the table that an input is looked up in. */
function wordsOf(model: Model, index: number): number {
  const tensor = model.network.inputs[index];
  const own = model.network.calls.find(
    ({ layer, inputs }) => layer.type === 'embedding' && inputs.some((input) => input === tensor),
  );
  const table = (own?.layer ?? model.layers.find(({ type }) => type === 'embedding')) as
    | { inputDim?: number }
    | undefined;
  return table?.inputDim ?? 10;
}

const round = (value: number) => Math.round(100 * value) / 100;

/** A disc and a square before a sky that grows lighter, each of a colour of its own. */
function shapes(shape: readonly number[], chance: (i: number) => number): Float32Array<ArrayBuffer> {
  const [rows = 1, columns = 1, channels = 1] = shape;
  return Float32Array.from({ length: rows * columns * channels }, (_, i) => {
    const channel = i % channels;
    const at = Math.floor(i / channels);
    const [y, x] = [Math.floor(at / columns) / rows, (at % columns) / columns];
    const place = (n: number) => 0.25 + 0.5 * chance(n);
    const inDisc = (x - place(0)) ** 2 + (y - place(1)) ** 2 < 0.05;
    const inSquare = Math.max(Math.abs(x - place(2)), Math.abs(y - place(3))) < 0.16;
    if (inDisc) return chance(10 + channel);
    return inSquare ? chance(20 + channel) : 0.4 * chance(30 + channel) + 0.6 * y;
  });
}
