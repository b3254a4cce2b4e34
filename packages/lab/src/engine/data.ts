import {
  type ColumnStatistics,
  createDataset,
  DataError,
  type Dataset,
  type IdxArray,
  type ImageValues,
  normalize,
  oneHot,
  parseIdx,
  sampleSize,
  sliceSamples,
  split,
  syntheticDigits,
} from 'fathom';
import { inflate, tooLarge } from '../lib/inflate.ts';
import { parseTable } from './csv.ts';
import { emit } from './emit.ts';
import { breathe } from './pause.ts';
import type { DataChoice, DataInfo, Sample } from './trainingTypes.ts';

/** Data to train on and to validate with. */
export interface LabData {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly note: string;
  /** Of a table, its columns, with what they were standardized by. */
  readonly columns: readonly ColumnStatistics[];
  /** Of a table, the validation rows [N, columns] as they stand in the file. */
  readonly written?: Float64Array;
}

type Choice<K extends DataChoice['kind']> = Extract<DataChoice, { kind: K }>;

/** @throws DataError, or another error with a message for the user, when the data cannot be used */
export function makeData(choice: DataChoice): Promise<LabData> {
  switch (choice.kind) {
    case 'digits':
      return drawDigits(choice);
    case 'served':
      return fetchServed(choice);
    case 'idx':
      return readIdx(choice);
    case 'pictures':
      return readPictures(choice);
    case 'csv':
      return readCsv(choice);
    default:
      throw new Error(`unknown data ${String(choice satisfies never)}`);
  }
}

export function describeData({ train, validation, note, columns }: LabData): DataInfo {
  const { name, shape, classes } = train;
  return {
    name,
    shape,
    classes,
    note,
    columns: columns.map(({ name }) => name),
    training: train.count,
    validation: validation.count,
    samples:
      shape.length === 3
        ? Array.from({ length: Math.min(PREVIEW, train.count) }, (_, i) => sampleOf(train, i))
        : [],
  };
}

/** One picture of a data set. */
export function sampleOf({ images, labels, shape }: Dataset, index: number): Sample {
  const size = sampleSize(shape);
  const values = images.slice(index * size, (index + 1) * size);
  const pixels = values instanceof Uint8Array ? values : Uint8Array.from(values, (value) => 255 * value);
  const [rows = 1, columns = 1, channels = 1] = shape;
  return { pixels: pixels as Uint8Array<ArrayBuffer>, rows, columns, channels, label: labels[index]! };
}

/** The pixels as the network takes them, and the targets as the loss does. */
export function feedsOf(batch: Dataset, loss: string) {
  const { images, labels, shape, classes, count } = batch;
  const x = { data: images instanceof Uint8Array ? normalize(images) : images, shape: [count, ...shape] };
  if (loss === 'sparseCategoricalCrossentropy') return { x, y: labels };
  return { x, y: { data: oneHot(labels, classes.length), shape: [count, classes.length] } };
}

const PREVIEW = 30;
/** As `fathom train` has it: with the same seed both come to the same weights. */
const VALIDATION_SHARE = 0.1;
/** Of data that users bring along, which is little most often. */
const OWN_VALIDATION_SHARE = 0.2;
const DIGIT_NAMES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const CHUNK = 250;

async function drawDigits({ seed, count }: Choice<'digits'>): Promise<LabData> {
  const images = new Uint8Array(count * 784);
  const labels = new Uint8Array(count);
  for (let start = 0; start < count; start += CHUNK) {
    const part = syntheticDigits({ seed, start, count: Math.min(CHUNK, count - start) });
    images.set(part.images, start * 784);
    labels.set(part.labels, start);
    emit('train/loading', { share: (start + part.count) / count });
    await breathe();
  }
  const all = createDataset({ name: 'digits', images, labels, shape: [28, 28, 1], classes: DIGIT_NAMES });
  return { ...split(all, VALIDATION_SHARE, { seed }), note: '', columns: [] };
}

/** No more is read from the page's server than its data sets have. */
const MOST_BYTES = 512 << 20;
const CLASSES: Readonly<Record<string, readonly string[]>> = {
  'fashion-mnist': [
    ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat'],
    ...['Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
  ],
};

async function fetchServed({ name, count, seed }: Choice<'served'>): Promise<LabData> {
  const read = async (part: string) => {
    const response = await fetch(`/data/${name}/${part}`);
    if (!response.ok) throw new Error(`${name} is not on this machine any more (${response.status}).`);
    return parseIdx(await unpack(new Uint8Array(await response.arrayBuffer()), part), part);
  };
  const classes = CLASSES[name] ?? DIGIT_NAMES;
  const train = toDataset(
    name,
    await read('train-images-idx3-ubyte'),
    await read('train-labels-idx1-ubyte'),
    classes,
  );
  emit('train/loading', { share: 0.7 });
  const test = toDataset(
    name,
    await read('t10k-images-idx3-ubyte'),
    await read('t10k-labels-idx1-ubyte'),
    classes,
  );
  // The test set is not for looking at while one chooses: what validates is cut off the training set.
  return {
    ...split(sliceSamples(train, 0, Math.min(count, train.count)), VALIDATION_SHARE, { seed }),
    note: `The ${test.count.toLocaleString('en')} test pictures are left alone; validation is cut off the training set.`,
    columns: [],
  };
}

async function readIdx({ files, seed }: Choice<'idx'>): Promise<LabData> {
  const arrays: { name: string; array: IdxArray }[] = [];
  for (const file of files) {
    if (file.size > MOST_BYTES) throw tooLarge(file.name, file.size, MOST_BYTES);
    const bytes = await unpack(new Uint8Array(await file.arrayBuffer()), file.name);
    arrays.push({ name: file.name, array: parseIdx(bytes, file.name) });
  }
  const labels = arrays.filter(({ array }) => array.shape.length === 1);
  const images = arrays.filter(({ array }) => array.shape.length >= 3);
  const pairs = images.flatMap((image) => {
    const own = labels.filter(({ array }) => array.shape[0] === image.array.shape[0]);
    const label = own.find(({ name }) => isTest(name) === isTest(image.name)) ?? own[0];
    return label ? [{ ...image, label: label.array }] : [];
  });
  const [first] = pairs.filter(({ name }) => !isTest(name)).concat(pairs);
  if (!first) {
    throw new DataError({
      what: 'these files are no labelled pictures',
      where: files.map(({ name }) => name).join(', '),
      expected:
        'an IDX file of pictures and one with as many labels, as train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz',
      received: arrays.map(({ array }) => `[${array.shape.join(', ')}]`).join(' and ') || 'no file',
      fix: 'Choose both files at once.',
    });
  }
  const all = toDataset('your IDX files', first.array, first.label);
  const note = `From ${first.name}; a tenth of it validates.`;
  return { ...split(all, VALIDATION_SHARE, { seed }), note, columns: [] };
}

const isTest = (name: string) => /t10k|test/i.test(name);

function toDataset(name: string, images: IdxArray, labels: IdxArray, known?: readonly string[]): Dataset {
  const [count = 0, ...shape] = images.shape;
  const numbers = Uint8Array.from(labels.data as ArrayLike<number>);
  const most = numbers.reduce((a, b) => Math.max(a, b), 0);
  return createDataset({
    name,
    images: (images.data instanceof Uint8Array
      ? images.data
      : Float32Array.from(images.data as ArrayLike<number>)) as ImageValues,
    labels: numbers.slice(0, count),
    shape: shape.length === 2 ? [...shape, 1] : shape,
    classes: known ?? Array.from({ length: most + 1 }, (_, i) => String(i)),
  });
}

/** The content of a gzip file, or the bytes as they are. */
async function unpack(bytes: Uint8Array<ArrayBuffer>, where: string): Promise<Uint8Array> {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? inflate(bytes, 'gzip', MOST_BYTES, where) : bytes;
}

const MOST_PICTURES = 20_000;
const PICTURE_NAMES = /\.(png|jpe?g|webp|gif|bmp|avif)$/i;

async function readPictures({ files, side, channels, seed }: Choice<'pictures'>): Promise<LabData> {
  const pictures = files
    .filter(({ path }) => PICTURE_NAMES.test(path))
    .map(({ file, path }) => ({ file, path, folder: path.split('/').at(-2) ?? '' }));
  const classes = [...new Set(pictures.map(({ folder }) => folder))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  );
  if (classes.length < 2) {
    throw new DataError({
      what: 'there is nothing to tell apart',
      where: 'the folder of pictures',
      expected: 'a folder for each class, with its pictures in it, as cats/1.jpg and dogs/1.jpg',
      received: pictures.length === 0 ? 'no pictures' : `${pictures.length} pictures in one folder`,
      fix: 'Choose the folder above them.',
    });
  }
  if (pictures.length > MOST_PICTURES) {
    throw new Error(
      `expected at most ${MOST_PICTURES.toLocaleString('en')} pictures; received ${pictures.length.toLocaleString('en')}. Choose a part of them.`,
    );
  }
  const size = side * side * channels;
  const images = new Uint8Array(pictures.length * size);
  const labels = new Uint8Array(pictures.length);
  const broken: string[] = [];
  let count = 0;
  const context = new OffscreenCanvas(side, side).getContext('2d', { willReadFrequently: true })!;
  for (const [i, { file, path, folder }] of pictures.entries()) {
    const pixels = await decode(file, side, context);
    if (pixels) {
      copyChannels(pixels, images.subarray(count * size, (count + 1) * size), channels);
      labels[count++] = classes.indexOf(folder);
    } else broken.push(path);
    if (i % 20 === 0) emit('train/loading', { share: i / pictures.length });
  }
  const all = createDataset({
    name: 'your pictures',
    images: images.subarray(0, count * size),
    labels: labels.subarray(0, count),
    shape: [side, side, channels],
    classes,
  });
  return {
    ...split(all, OWN_VALIDATION_SHARE, { seed }),
    columns: [],
    note:
      broken.length > 0 ? `${broken.length} files were no pictures and are left out, as ${broken[0]}.` : '',
  };
}

/** The middle square of a picture, side × side in RGBA; undefined when it is none. */
async function decode(
  file: File,
  side: number,
  context: OffscreenCanvasRenderingContext2D,
): Promise<Uint8ClampedArray | undefined> {
  const bitmap = await createImageBitmap(file).catch(() => undefined);
  if (!bitmap) return undefined;
  const { width, height } = bitmap;
  const square = Math.min(width, height);
  context.imageSmoothingQuality = 'high';
  context.clearRect(0, 0, side, side);
  context.drawImage(bitmap, (width - square) / 2, (height - square) / 2, square, square, 0, 0, side, side);
  bitmap.close();
  return context.getImageData(0, 0, side, side).data;
}

/** ITU-R BT.601, as Pillow turns colours into grey. */
const LUMA = [0.299, 0.587, 0.114] as const;

function copyChannels(rgba: Uint8ClampedArray, target: Uint8Array, channels: 1 | 3): void {
  for (let i = 0; i < rgba.length / 4; i++) {
    const [red, green, blue] = [rgba[4 * i]!, rgba[4 * i + 1]!, rgba[4 * i + 2]!];
    if (channels === 1) target[i] = Math.round(LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue);
    else target.set([red, green, blue], 3 * i);
  }
}

/** A text of that size takes seconds to read; larger ones are for the command line. */
const MOST_CSV_BYTES = 64 << 20;

async function readCsv({ file, seed }: Choice<'csv'>): Promise<LabData> {
  if (file.size > MOST_CSV_BYTES) {
    throw new Error(
      `${file.name}: expected at most ${MOST_CSV_BYTES >> 20} MB of CSV; received ${Math.round(file.size / 2 ** 20)} MB. Use a part of its rows.`,
    );
  }
  const { values, written, labels, classes, columns, dropped } = parseTable(await file.text(), file.name);
  const parts = { name: file.name, labels, classes };
  const all = createDataset({ ...parts, images: values, shape: [columns.length] });
  // The order depends on seed and number alone: the rows' numbers go the way of the rows. A file has fewer than 2²⁴.
  const numbers = createDataset({ ...parts, images: Float32Array.from(labels.keys()), shape: [1] });
  const validated = split(numbers, OWN_VALIDATION_SHARE, { seed }).validation.images;
  const notes = [`${columns.length} columns, each shifted and scaled to mean 0 and deviation 1`];
  if (dropped > 0) notes.push(`${dropped} rows with missing values are left out`);
  return {
    ...split(all, OWN_VALIDATION_SHARE, { seed }),
    note: `${notes.join('; ')}.`,
    columns,
    written: gatherRows(written, validated, columns.length),
  };
}

/** Those rows of [N, columns], in that order. */
function gatherRows(values: Float64Array, rows: Float32Array, columns: number): Float64Array {
  const gathered = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    gathered.set(values.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return gathered;
}

/** A validation row as it stands in the file, of a table. */
export function writtenRow({ written, columns }: LabData, index: number): number[] | undefined {
  return written && [...written.subarray(index * columns.length, (index + 1) * columns.length)];
}
