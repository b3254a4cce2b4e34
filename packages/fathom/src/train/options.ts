import type { Backend } from '../backends/backend.ts';
import type { LossLike } from '../nn/losses/index.ts';
import type { MetricLike } from '../nn/metrics/index.ts';
import type { OptimizerLike } from '../nn/optimizers/index.ts';
import type { Symbolics, SymbolicTensor } from '../nn/symbolic.ts';
import type { BackendName } from '../runtime.ts';
import type { ArrayInput } from './arrays.ts';
import type { Callback } from './callbacks.ts';
import type { Checkpoint } from './checkpoint.ts';

export interface ModelOptions {
  /** Default 'sequential' or 'model'. */
  readonly name?: string | undefined;
  /** Decides weights, shuffling and dropout; a random one by default, which `model.seed` tells. */
  readonly seed?: number | undefined;
  /** As a layer of another model: false keeps its weights as they are. Default true. */
  readonly trainable?: boolean | undefined;
}

/** Where a model computes. */
export interface BackendOptions {
  /** Default 'auto', the fastest here. */
  readonly backend?: BackendName | Backend | undefined;
  /** Threads of a backend asked for by name; by default as many as the machine has cores. */
  readonly threads?: number | undefined;
}

/** For several outputs: one for each in their order, or by name. */
export type ByOutput<T> = readonly T[] | Readonly<Record<string, T>>;

export interface CompileOptions extends BackendOptions {
  /** 'sgd', 'adam', or one with options. Default 'adam'. */
  readonly optimizer?: OptimizerLike | undefined;
  /** One for all outputs, or one for each; null for an output that is not trained and has no targets. */
  readonly loss: LossLike | ByOutput<LossLike | null>;
  /** What each loss counts in the sum that is trained. Default 1. */
  readonly lossWeights?: ByOutput<number> | undefined;
  /** A list for all outputs, a list of lists in the order of the outputs, or by name. */
  readonly metrics?: MetricsOption | undefined;
  /** Metrics to which sample and class weights apply. */
  readonly weightedMetrics?: MetricsOption | undefined;
  /** As the model's option; weights that nobody has trained or set are drawn anew. */
  readonly seed?: number | undefined;
}

export type MetricsOption =
  | readonly MetricLike[]
  | readonly (readonly MetricLike[])[]
  | Readonly<Record<string, MetricLike | readonly MetricLike[]>>;

/** Data of one input or output; of several, in their order or by name. */
export type DataInput = ArrayInput | readonly ArrayInput[] | Readonly<Record<string, ArrayInput>>;
/** One batch: samples and targets, and, where samples count differently, what each counts. */
export type BatchInput = readonly [x: DataInput, y: DataInput, sampleWeight?: DataInput];
/** Batches made on the way; to be gone through once an epoch, so not a mere iterator. */
export type BatchesInput = Iterable<BatchInput> | AsyncIterable<BatchInput>;

export interface FitOptions {
  /** Default 32. Iterables come in batches of their own. */
  readonly batchSize?: number | undefined;
  /** Number of the last epoch. Default 1. */
  readonly epochs?: number | undefined;
  /** The share of the samples, taken from the end before shuffling, that validates. */
  readonly validationSplit?: number | undefined;
  /** Data that validates, [x, y] or [x, y, sampleWeight], or batches; it never updates a parameter. */
  readonly validationData?: BatchInput | BatchesInput | undefined;
  /** What each sample counts in the loss: [N], or [N, T] for the steps of sequences. Arrays only. */
  readonly sampleWeight?: DataInput | undefined;
  /** What samples of each class count in the loss; 1 where a class is not named. Arrays only, one output. */
  readonly classWeight?: Readonly<Record<number, number>> | undefined;
  /** Default true. Iterables keep their order. */
  readonly shuffle?: boolean | undefined;
  readonly callbacks?: readonly Callback[] | undefined;
  /** Number of the first epoch, to go on with a run. Default 0. */
  readonly initialEpoch?: number | undefined;
  /**
   * Goes on from this state of an earlier run, in place of what a callback keeps. With the same model, data and options
   * the end is the same, bit for bit.
   */
  readonly resume?: Checkpoint | undefined;
  /** Ends an epoch after so many batches. */
  readonly stepsPerEpoch?: number | undefined;
  /** When aborted, the run ends after the batch under way; the history tells the epochs that are done. */
  readonly signal?: AbortSignal | undefined;
}

export interface SampleWeightOptions {
  /** What each sample counts in the loss. */
  readonly sampleWeight?: DataInput | undefined;
  /** What samples of each class count in the loss. */
  readonly classWeight?: Readonly<Record<number, number>> | undefined;
}

export interface BatchSizeOptions {
  /** Default 32. */
  readonly batchSize?: number | undefined;
}

/** What `predict` gives for one output: the results in row-major order. */
export interface Prediction {
  readonly data: Float32Array;
  /** [samples, ...the output's shape] */
  readonly shape: number[];
}

/** What `predict` gives for outputs that were given as one, as a list or as a record. */
export type Predictions<O extends Symbolics> = O extends SymbolicTensor
  ? Prediction
  : { -readonly [K in keyof O]: Prediction };

/** Keras' default. */
export const DEFAULT_BATCH_SIZE = 32;

/** Throws unless an option is an integer of at least `least`. */
export function checkInteger(value: number, least: number, where: string): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${where}: expected an integer of ${least} or more; received ${String(value)}.`);
}
