import type { ArrayInput } from './arrays.ts';

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
  /** Set to true, it ends the run after the batch under way. */
  stopTraining: boolean;
}

/**
 * Called at the turns of a run; each may be asynchronous and is waited for. Epochs and batches count from 0.
 * The logs of a batch are the means over the epoch so far.
 *
 * @example
 * await model.fit(x, y, { callbacks: [{ onEpochEnd: (epoch, logs) => console.log(epoch, logs.loss) }] });
 */
export interface Callback {
  onTrainBegin?(run: TrainingRun): void | Promise<void>;
  onTrainEnd?(logs: Logs, run: TrainingRun): void | Promise<void>;
  onEpochBegin?(epoch: number, run: TrainingRun): void | Promise<void>;
  onEpochEnd?(epoch: number, logs: Logs, run: TrainingRun): void | Promise<void>;
  onBatchBegin?(batch: number, run: TrainingRun): void | Promise<void>;
  onBatchEnd?(batch: number, logs: Logs, run: TrainingRun): void | Promise<void>;
}
