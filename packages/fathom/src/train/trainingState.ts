import type { Checkpoint } from './checkpoint.ts';
import type { AnyModel } from './model.ts';
import type { BatchesInput } from './options.ts';

/** Where a training stands that somebody drives batch by batch. */
export interface TrainingPlace {
  /** The batch that comes next, both counted from 0. */
  readonly epoch: number;
  readonly batch: number;
  /** What it goes through: `fit` goes on with it only over the same. */
  readonly batchSize: number;
  readonly samples: number | null;
  readonly steps: number | null;
}

/**
 * All that the steps to come depend on, of a compiled model that `trainOnBatch` or `fit` trains: weights, what layers
 * keep, slots of the optimizer, its step and rate. Not to be asked while a step runs.
 *
 * @example
 * const place = { epoch: 0, batch: 1, batchSize: 2, samples: 8, steps: 4 };
 * await model.trainOnBatch(x, y);
 * const state = await captureTraining(model, place);
 * await model.trainOnBatch(x, y);
 * await restoreTraining(model, state); // as it was after the first batch
 */
export async function captureTraining(model: AnyModel, place: TrainingPlace): Promise<Checkpoint> {
  const { epoch, batch, ...data } = place;
  let taken: Checkpoint | undefined;
  const store = {
    saveFreq: 'epoch',
    load: async () => undefined,
    save: async (checkpoint: Checkpoint) => {
      taken = checkpoint;
    },
  } as const;
  await model.fit(NO_BATCHES, {
    batchSize: data.batchSize,
    initialEpoch: epoch,
    epochs: epoch + 1,
    callbacks: [{ store }],
    signal: AbortSignal.abort(),
  });
  return { ...taken!, epoch, batch, data };
}

/**
 * Sets a model back to what {@link captureTraining}, or a checkpoint of `fit`, has of it; the steps to come are the same
 * as if nothing had happened in between.
 *
 * @throws DataError when it is of another model or optimizer; then nothing is changed
 */
export async function restoreTraining(model: AnyModel, state: Checkpoint): Promise<void> {
  const { batchSize } = state.data;
  await model.fit(NO_BATCHES, {
    batchSize,
    epochs: state.epoch + 1,
    signal: AbortSignal.abort(),
    // Its past is nothing to this run of no steps.
    resume: { ...state, stopped: false, epochs: [], data: { batchSize, samples: null, steps: null } },
  });
}

/** A run that is stopped before its first step takes, and gives back, the state all the same. */
const NO_BATCHES: BatchesInput = { *[Symbol.iterator]() {} };
