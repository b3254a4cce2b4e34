import type { BaseLayer } from '../nn/layer.ts';
import type { Optimizer } from '../nn/optimizers/index.ts';
import type { ArrayInput } from './arrays.ts';
import type { Batch } from './batches.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { ModelConfig } from './config.ts';
import type { NonFinite } from './nonFinite.ts';

/** Numbers by name: `loss`, then the metrics, then `valLoss` and the like. */
export type Logs = Readonly<Record<string, number>>;

/** Values of a weight, with its name and shape. */
export interface WeightValues {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a callback may do with the model in training. */
export interface TrainedModel {
  readonly name: string;
  readonly layers: readonly BaseLayer[];
  /** Its learning rate may be changed at any time. */
  readonly optimizer: Optimizer | undefined;
  toConfig(): ModelConfig;
  getWeights(): Promise<WeightValues[]>;
  setWeights(weights: readonly (ArrayLike<number> | WeightValues)[]): void;
  predict(x: ArrayInput, options?: { batchSize?: number }): Promise<{ data: Float32Array; shape: number[] }>;
}

/** The run that a callback is called in. */
export interface TrainingRun {
  readonly model: TrainedModel;
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly batchSize: number;
  /** Samples and steps of an epoch, where they are known beforehand. */
  readonly samples: number | undefined;
  readonly steps: number | undefined;
  /** Steps that the model was trained by, in this run and before. */
  readonly stepsDone: number;
  /** The data of the step under way; its memory is used again. */
  readonly batch: Batch | undefined;
  /** Where a step with a batch and the weights of now is not finite first; see the function of this name. */
  findNonFinite(batch: Batch, step: number): Promise<NonFinite | undefined>;
  /** Set to true, it ends the run after the batch under way. */
  stopTraining: boolean;
}

/** What a callback must know to go on in another process. */
export interface CallbackState {
  /** Plain JSON; numbers may be NaN or infinite. */
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  /** Weights that it keeps. */
  readonly weights?: readonly WeightValues[] | undefined;
}

/** A place that keeps the state of a run, so that the run can be gone on with after whatever ended it. */
export interface CheckpointStore {
  /** When to save: after each epoch, or each time so many steps of the run are done. */
  readonly saveFreq: 'epoch' | number;
  /** The newest checkpoint, from which `fit` then goes on. */
  load(): Promise<Checkpoint | undefined>;
  /** Training waits for it. Also called when a signal ends the run. */
  save(checkpoint: Checkpoint): Promise<void>;
  /** The run has come to its end: its last epoch, or a callback that stopped it. */
  finish?(): Promise<void>;
}

/**
 * Called at the turns of a run; each may be asynchronous and is waited for. Epochs and batches count from 0.
 * The logs of a batch are the means over the epoch so far.
 *
 * @example
 * await model.fit(x, y, { callbacks: [{ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) }] });
 */
export interface Callback {
  /** By which its state is found in a checkpoint. */
  readonly name?: string | undefined;
  /** Keeps checkpoints; they are made once all callbacks have had their turn. */
  readonly store?: CheckpointStore | undefined;
  /** What the callback has found out so far, for a checkpoint. */
  state?(): CallbackState | Promise<CallbackState>;
  /** Goes on from such a state; called after onTrainBegin, and within an epoch again after onEpochBegin. */
  restore?(state: CallbackState): void | Promise<void>;
  onTrainBegin?(run: TrainingRun): void | Promise<void>;
  onTrainEnd?(logs: Logs, run: TrainingRun): void | Promise<void>;
  onEpochBegin?(epoch: number, run: TrainingRun): void | Promise<void>;
  onEpochEnd?(epoch: number, logs: Logs, run: TrainingRun): void | Promise<void>;
  onBatchBegin?(batch: number, run: TrainingRun): void | Promise<void>;
  onBatchEnd?(batch: number, logs: Logs, run: TrainingRun): void | Promise<void>;
}
