import type { Batch, BatchSource } from './batches.ts';
import type { Callback, Logs, TrainedModel, TrainingRun } from './callbacks.ts';
import { Means } from './means.ts';
import type { Trainer } from './trainer.ts';
import { Turn } from './turn.ts';

/** What a run left behind, as plain numbers. */
export interface History {
  /** The epochs done, counted from 0. */
  readonly epoch: number[];
  /** For each name (loss, accuracy, valLoss, …) one number an epoch. */
  readonly history: Record<string, number[]>;
  /** True where `signal` or a callback ended the run before its last epoch was done. */
  stopped: boolean;
}

/** A run, all defaults filled in. */
export interface FitPlan {
  readonly train: BatchSource;
  readonly validation: BatchSource | undefined;
  readonly epochs: number;
  readonly initialEpoch: number;
  readonly stepsPerEpoch: number | undefined;
  readonly batchSize: number;
  readonly callbacks: readonly Callback[];
  readonly signal: AbortSignal | undefined;
}

/** Runs the epochs of a plan. A run that is stopped keeps the epochs it has finished. */
export async function runEpochs(trainer: Trainer, model: TrainedModel, plan: FitPlan): Promise<History> {
  const { epochs, initialEpoch, callbacks, train } = plan;
  const history: History = { epoch: [], history: {}, stopped: false };
  const run: TrainingRun = {
    model,
    epochs,
    initialEpoch,
    batchSize: plan.batchSize,
    samples: train.samples,
    steps: plan.stepsPerEpoch ?? train.steps,
    stopTraining: false,
  };
  // One for the whole run: epochs may be shorter than the time between two turns.
  const turn = new Turn();
  const stops = () => run.stopTraining || plan.signal?.aborted === true;
  let logs: Logs = {};
  for (const callback of callbacks) await callback.onTrainBegin?.(run);
  for (let epoch = initialEpoch; epoch < epochs && !stops(); epoch++) {
    for (const callback of callbacks) await callback.onEpochBegin?.(epoch, run);
    const means = await trainEpoch(trainer, plan, run, epoch, turn, stops);
    // An epoch cut short has no figures that could be compared with those of the others.
    if (!means) break;
    logs = means.logs();
    if (plan.validation)
      logs = { ...logs, ...validationLogs(await evaluateSource(trainer, plan.validation, turn)) };
    history.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) {
      history.history[name] ??= [];
      history.history[name].push(value);
    }
    for (const callback of callbacks) await callback.onEpochEnd?.(epoch, logs, run);
  }
  if (history.epoch.length > 0) await trainer.optimization.finish();
  history.stopped = initialEpoch + history.epoch.length < epochs;
  for (const callback of callbacks) await callback.onTrainEnd?.(logs, run);
  return history;
}

/** Loss and metrics over all batches of a source. */
export async function evaluateSource(
  trainer: Trainer,
  source: BatchSource,
  turn = new Turn(),
): Promise<Logs> {
  const means = new Means(trainer.plan.objective.figures);
  await forEachBatch(source, 0, async (batch) => {
    means.add(await trainer.evaluate(batch), batch.count);
    const pause = turn.give();
    if (pause) await pause;
    return true;
  });
  if (means.count === 0) throw new RangeError('evaluate: expected at least one batch; received none.');
  return means.logs();
}

/** The means of an epoch, or nothing when it was stopped before its end. */
async function trainEpoch(
  trainer: Trainer,
  plan: FitPlan,
  run: TrainingRun,
  epoch: number,
  turn: Turn,
  stops: () => boolean,
): Promise<Means | undefined> {
  const means = new Means(trainer.plan.objective.figures);
  const begins = plan.callbacks.filter((callback) => callback.onBatchBegin);
  const ends = plan.callbacks.filter((callback) => callback.onBatchEnd);
  let done = 0;
  await forEachBatch(plan.train, epoch, async (batch) => {
    if (stops()) return false;
    for (const callback of begins) await callback.onBatchBegin!(done, run);
    means.add(await trainer.train(batch), batch.count);
    const logs = ends.length > 0 ? means.logs() : {};
    for (const callback of ends) await callback.onBatchEnd!(done, logs, run);
    done++;
    const pause = turn.give();
    if (pause) await pause;
    return done !== plan.stepsPerEpoch;
  });
  const expected = plan.stepsPerEpoch ?? plan.train.steps ?? done;
  if (stops() && done < expected) return undefined;
  if (done === 0) {
    throw new RangeError(
      `fit: expected at least one batch in epoch ${epoch}; received none. An iterator gives its batches once: pass an object that makes a new one for each epoch.`,
    );
  }
  return means;
}

/** Calls `visit` for each batch until it returns false; waits only where there is something to wait for. */
async function forEachBatch(
  source: BatchSource,
  epoch: number,
  visit: (batch: Batch) => Promise<boolean>,
): Promise<void> {
  const batches = source.epoch(epoch);
  let finished = false;
  try {
    for (;;) {
      const next = batches.next();
      const result = next instanceof Promise ? await next : next;
      if (result.done) {
        finished = true;
        return;
      }
      if (!(await visit(result.value))) return;
    }
  } finally {
    if (!finished) await batches.return?.();
  }
}

function validationLogs(logs: Logs): Logs {
  const renamed: Record<string, number> = {};
  for (const [name, value] of Object.entries(logs)) renamed[validationName(name)] = value;
  return renamed;
}

/** valLoss for loss, as Keras' val_loss. */
export function validationName(name: string): string {
  return `val${name[0]!.toUpperCase()}${name.slice(1)}`;
}
