import { DATASET_NAMES, type DatasetName, isDatasetName } from 'fathom/node';
import { UsageError, unknownName } from './errors.ts';

/** Names that `--backend` takes. */
export const BACKENDS = ['auto', 'native', 'wasm', 'reference'] as const;
export type BackendOption = (typeof BACKENDS)[number];

/** Names that `--optimizer` takes. */
export const OPTIMIZERS = [
  'adam',
  'adamW',
  'adamax',
  'nadam',
  'sgd',
  'rmsprop',
  'adagrad',
  'adadelta',
  'lion',
] as const;
export type OptimizerOption = (typeof OPTIMIZERS)[number];

/** More threads than any machine that is meant; keeps a slip of the finger from starting a million. */
const MOST_THREADS = 64;

/** @throws UsageError unless the name is that of a data set */
export function parseDataset(name: string): DatasetName {
  if (isDatasetName(name)) return name;
  throw unknownName('data set', name, DATASET_NAMES);
}

export function parseBackend(name: string): BackendOption {
  return oneOf('backend', name, BACKENDS);
}

export function parseOptimizer(name: string): OptimizerOption {
  return oneOf('optimizer', name, OPTIMIZERS);
}

/** A parser for whole numbers from `least` to `most`. */
export function wholeNumber(option: string, least: number, most = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    const range = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `from ${least} to ${most}`;
    throw new UsageError(`${option}: expected a whole number ${range}; received '${text}'.`);
  };
}

/** `--threads`. */
export const parseThreads = wholeNumber('--threads', 1, MOST_THREADS);

/** `--lr`: a positive number. */
export function parseLearningRate(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`--lr: expected a positive number, as 0.001; received '${text}'.`);
}

function oneOf<T extends string>(kind: string, name: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === name);
  if (found !== undefined) return found;
  throw unknownName(kind, name, known);
}
