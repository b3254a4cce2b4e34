import type { Backend } from '../backends/backend.ts';
import type { LossLike } from '../nn/losses/index.ts';
import type { MetricLike } from '../nn/metrics/index.ts';
import type { OptimizerLike } from '../nn/optimizers/index.ts';
import type { BackendName } from '../runtime.ts';
import type { ArrayInput } from './arrays.ts';
import type { Callback } from './callbacks.ts';

export interface ModelOptions {
  /** Default 'sequential'. */
  readonly name?: string | undefined;
  /** Decides weights, shuffling and dropout; a random one by default, which `model.seed` tells. */
  readonly seed?: number | undefined;
}

/** Where a model computes. */
export interface BackendOptions {
  /** Default 'auto', the fastest here. */
  readonly backend?: BackendName | Backend | undefined;
  /** Threads of a backend asked for by name; by default as many as the machine has cores. */
  readonly threads?: number | undefined;
}

export interface CompileOptions extends BackendOptions {
  /** 'sgd', 'adam', or one with options. Default 'adam'. */
  readonly optimizer?: OptimizerLike | undefined;
  readonly loss: LossLike;
  readonly metrics?: readonly MetricLike[] | undefined;
  /** As the model's option; weights that nobody has trained or set are drawn anew. */
  readonly seed?: number | undefined;
}

/** One batch: samples and targets. */
export type BatchInput = readonly [x: ArrayInput, y: ArrayInput];
/** Batches made on the way; to be gone through once an epoch, so not a mere iterator. */
export type BatchesInput = Iterable<BatchInput> | AsyncIterable<BatchInput>;

export interface FitOptions {
  /** Default 32. Iterables come in batches of their own. */
  readonly batchSize?: number | undefined;
  /** Number of the last epoch. Default 1. */
  readonly epochs?: number | undefined;
  /** The share of the samples, taken from the end before shuffling, that validates. */
  readonly validationSplit?: number | undefined;
  /** Data that validates, a pair [x, y] or batches; it never updates a parameter. */
  readonly validationData?: BatchInput | BatchesInput | undefined;
  /** Default true. Iterables keep their order. */
  readonly shuffle?: boolean | undefined;
  readonly callbacks?: readonly Callback[] | undefined;
  /** Number of the first epoch, to go on with a run. Default 0. */
  readonly initialEpoch?: number | undefined;
  /** Ends an epoch after so many batches. */
  readonly stepsPerEpoch?: number | undefined;
  /** When aborted, the run ends after the batch under way; the history tells the epochs that are done. */
  readonly signal?: AbortSignal | undefined;
}

export interface BatchSizeOptions {
  /** Default 32. */
  readonly batchSize?: number | undefined;
}

/** What `predict` gives: the results in row-major order. */
export interface Prediction {
  readonly data: Float32Array;
  /** [samples, ...the output's shape] */
  readonly shape: number[];
}

/** Keras' default. */
export const DEFAULT_BATCH_SIZE = 32;

/** Throws unless an option is an integer of at least `least`. */
export function checkInteger(value: number, least: number, where: string): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${where}: expected an integer of ${least} or more; received ${String(value)}.`);
}
