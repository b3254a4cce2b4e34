import type { Batch, BatchSource } from './batches.ts';
import type { Callback, Logs, TrainedModel, TrainingRun } from './callbacks.ts';
import type { Checkpoint } from './checkpoint.ts';
import { Checkpoints } from './checkpoints.ts';
import type { BatchShape } from './graphs.ts';
import { Means } from './means.ts';
import { searchStep } from './nonFinite.ts';
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
  /** The state that the run goes on from, in place of that of the model. */
  readonly resume: Checkpoint | undefined;
}

/** Runs the epochs of a plan. A run that is stopped keeps the epochs it has finished. */
export async function runEpochs(trainer: Trainer, model: TrainedModel, plan: FitPlan): Promise<History> {
  const { epochs, callbacks, train, resume } = plan;
  const at = resume ? { epoch: resume.epoch, batch: resume.batch } : { epoch: plan.initialEpoch, batch: 0 };
  const history: History = { epoch: [], history: {}, stopped: false };
  const run: Run = {
    model,
    epochs,
    initialEpoch: at.epoch,
    batchSize: plan.batchSize,
    samples: train.samples,
    steps: plan.stepsPerEpoch ?? train.steps,
    stopTraining: false,
    get stepsDone() {
      return trainer.steps;
    },
    batch: undefined,
    findNonFinite: (batch, step) => searchStep(trainer, batch, step),
  };
  // One for the whole run: epochs may be shorter than the time between two turns.
  const turn = new Turn();
  const stops = () => run.stopTraining || plan.signal?.aborted === true;
  const checkpoints = new Checkpoints(trainer, run, callbacks, history);
  let logs: Logs = {};
  for (const callback of callbacks) await callback.onTrainBegin?.(run);
  if (resume) await checkpoints.restore(resume);
  // Together, since a compiler may take a second for each: nobody waits at the first validation.
  if (at.epoch < epochs && !stops()) await trainer.prepare(trainedShapes(plan), plan.validation?.shapes);
  for (; at.epoch < epochs && !stops(); at.epoch++, at.batch = 0) {
    const { epoch } = at;
    for (const callback of callbacks) await callback.onEpochBegin?.(epoch, run);
    // What callbacks do at the beginning of an epoch was done before the checkpoint already.
    if (resume && at.batch > 0) await checkpoints.restore(resume);
    const means = await trainEpoch(trainer, { plan, run, checkpoints, turn, stops }, at);
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
    await checkpoints.afterEpoch(epoch);
  }
  history.stopped = at.epoch < epochs;
  await checkpoints.afterRun(at.epoch, at.batch, history.stopped && !run.stopTraining);
  if (history.epoch.length > 0) await trainer.optimization.finish();
  for (const callback of callbacks) await callback.onTrainEnd?.(logs, run);
  return history;
}

/** The batches of an epoch, without a smaller last one that epochs never come to. */
function trainedShapes({ train: { shapes, steps }, stepsPerEpoch }: FitPlan): readonly BatchShape[] {
  return steps !== undefined && stepsPerEpoch !== undefined && stepsPerEpoch < steps
    ? shapes.slice(0, 1)
    : shapes;
}

/** Loss and metrics over all batches of a source. */
export async function evaluateSource(
  trainer: Trainer,
  source: BatchSource,
  turn = new Turn(),
): Promise<Logs> {
  const means = new Means(trainer.plan.objective.figures);
  await forEachBatch(source, { epoch: 0, batch: 0 }, async (batch) => {
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
  { plan, run, checkpoints, turn, stops }: Circumstances,
  at: { readonly epoch: number; batch: number },
): Promise<Means | undefined> {
  const means = new Means(trainer.plan.objective.figures);
  const begins = plan.callbacks.filter((callback) => callback.onBatchBegin);
  const ends = plan.callbacks.filter((callback) => callback.onBatchEnd);
  for (const { figures, count } of checkpoints.figures) means.add(figures, count);
  let cut = false;
  if (at.batch === 0 || at.batch !== run.steps) {
    await forEachBatch(plan.train, at, async (batch) => {
      cut = stops();
      if (cut) return false;
      run.batch = batch;
      for (const callback of begins) await callback.onBatchBegin!(at.batch, run);
      const figures = await trainer.train(batch);
      means.add(figures, batch.count);
      checkpoints.measured(figures, batch.count);
      const logs = ends.length > 0 ? means.logs() : {};
      for (const callback of ends) await callback.onBatchEnd!(at.batch, logs, run);
      at.batch++;
      const saving = checkpoints.afterStep(at.epoch, at.batch);
      if (saving) await saving;
      const pause = turn.give();
      if (pause) await pause;
      return at.batch !== plan.stepsPerEpoch;
    });
  }
  if (cut) return undefined;
  if (at.batch === 0) {
    throw new RangeError(
      `fit: expected at least one batch in epoch ${at.epoch}; received none. An iterator gives its batches once: pass an object that makes a new one for each epoch.`,
    );
  }
  return means;
}

/** A run, for the one who runs it. */
type Run = { -readonly [K in keyof TrainingRun]: TrainingRun[K] };

/** What an epoch is trained in. */
interface Circumstances {
  readonly plan: FitPlan;
  readonly run: Run;
  readonly checkpoints: Checkpoints;
  readonly turn: Turn;
  stops(): boolean;
}

/** Calls `visit` for each batch until it returns false; waits only where there is something to wait for. */
async function forEachBatch(
  source: BatchSource,
  from: { readonly epoch: number; readonly batch: number },
  visit: (batch: Batch) => Promise<boolean>,
): Promise<void> {
  const batches = source.epoch(from.epoch, from.batch);
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
