import { inspect } from 'fathom';
import {
  columnsOf,
  filled,
  type Matrix,
  parseMatrix,
  printMatrix,
  resized,
  rowsOf,
} from '../../views/matrix.ts';

type Operation = inspect.WindowOperation;

/** Everything that decides what one step of the room shows. */
export type Settings = inspect.WindowStep;

/** What the controls allow; larger grids no longer fit on a page. */
export const LIMITS = {
  side: 28,
  /** Grids up to this side show their numbers. */
  numbers: 12,
  kernel: 7,
  kernels: 4,
  stride: 4,
  padding: 4,
  dilation: 3,
} as const;

/** Where a link keeps the settings. */
export type Query = { get(name: string): string | null };

export const OPERATIONS: readonly { readonly id: Operation; readonly name: string }[] = [
  { id: 'convolution', name: 'Convolution' },
  { id: 'transposed', name: 'Transposed convolution' },
  { id: 'max', name: 'Max pooling' },
  { id: 'average', name: 'Average pooling' },
];

export function isPooling({ operation }: Settings): boolean {
  return operation === 'max' || operation === 'average';
}

export const kernelSize = inspect.kernelExtent;

/** The settings of a link; what it leaves out or spells wrongly is taken from `base`, and told. */
export function readSettings(query: Query, base: Settings): { settings: Settings; complaints: string[] } {
  const complaints: string[] = [];
  const take = <T>(name: string, read: (text: string) => T, otherwise: T): T => {
    const text = query.get(name);
    if (text === null) return otherwise;
    try {
      return read(text);
    } catch (error) {
      complaints.push(`The link’s ${name}: ${(error as Error).message}`);
      return otherwise;
    }
  };
  const kernels = take('kernel', readKernels, base.kernels);
  const settings: Settings = {
    operation: take('op', readOperation, base.operation),
    input: take('input', (text) => readGrid(text, LIMITS.side), base.input),
    kernels,
    biases: take(
      'bias',
      (text) => readBiases(text, kernels.length),
      kernels.map((_, i) => base.biases[i] ?? 0),
    ),
    stride: take('stride', (text) => readWhole(text, 1, LIMITS.stride), base.stride),
    padding: take(
      'padding',
      (text) => (text === 'same' ? text : readWhole(text, 0, LIMITS.padding)),
      base.padding,
    ),
    dilation: take('dilation', (text) => readWhole(text, 1, LIMITS.dilation), base.dilation),
  };
  return { settings, complaints };
}

/** The same as a link writes it. */
export function writeSettings(settings: Settings): Record<string, string> {
  return {
    op: settings.operation,
    input: printMatrix(settings.input),
    kernel: settings.kernels.map(printMatrix).join(' | '),
    bias: settings.biases.join(' '),
    stride: String(settings.stride),
    padding: String(settings.padding),
    dilation: String(settings.dilation),
  };
}

/** The same settings with kernels of another extent; numbers keep their places. */
export function withKernelSize(settings: Settings, rows: number, columns: number): Settings {
  return { ...settings, kernels: settings.kernels.map((kernel) => resized(kernel, rows, columns)) };
}

/** So many kernels; new ones are zero but for a one in the middle, so that they show the input. */
export function withKernelCount(settings: Settings, count: number): Settings {
  const [rows, columns] = kernelSize(settings);
  const kernels = Array.from({ length: count }, (_, i) => settings.kernels[i] ?? identity(rows, columns));
  return { ...settings, kernels, biases: kernels.map((_, i) => settings.biases[i] ?? 0) };
}

function identity(rows: number, columns: number): Matrix {
  const [r, c] = [Math.floor((rows - 1) / 2), Math.floor((columns - 1) / 2)];
  return filled(rows, columns).map((row, i) => row.map((_, j) => (i === r && j === c ? 1 : 0)));
}

function readOperation(text: string): Operation {
  const found = OPERATIONS.find(({ id }) => id === text);
  if (found) return found.id;
  throw new Error(`expected ${OPERATIONS.map(({ id }) => id).join(', ')}; received “${text}”.`);
}

function readGrid(text: string, most: number): Matrix {
  const matrix = parseMatrix(text);
  if (rowsOf(matrix) <= most && columnsOf(matrix) <= most) return matrix;
  throw new Error(`expected at most ${most} × ${most}; received ${rowsOf(matrix)} × ${columnsOf(matrix)}.`);
}

function readKernels(text: string): Matrix[] {
  const kernels = text.split('|').map((part) => readGrid(part, LIMITS.kernel));
  const [first] = kernels as [Matrix];
  const alike = kernels.every(
    (kernel) => rowsOf(kernel) === rowsOf(first) && columnsOf(kernel) === columnsOf(first),
  );
  if (!alike) throw new Error('expected kernels of one size.');
  if (kernels.length > LIMITS.kernels) throw new Error(`expected at most ${LIMITS.kernels} kernels.`);
  return kernels;
}

function readBiases(text: string, count: number): number[] {
  const values = parseMatrix(text)[0]!;
  if (values.length === count) return [...values];
  throw new Error(`expected ${count} numbers, one for each kernel; received ${values.length}.`);
}

function readWhole(text: string, least: number, most: number): number {
  const value = Number(text);
  if (text !== '' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`expected a whole number from ${least} to ${most}; received “${text}”.`);
}
