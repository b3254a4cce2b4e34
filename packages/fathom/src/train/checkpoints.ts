import { DataError } from '../data/errors.ts';
import { formatShape, sameShape } from '../ir/shape.ts';
import type { Variable } from '../ir/tensor.ts';
import { Trace } from '../nn/trace.ts';
import type { Callback, CheckpointStore, TrainedModel, TrainingRun, WeightValues } from './callbacks.ts';
import type { BatchFigures, Checkpoint, NamedState } from './checkpoint.ts';
import type { History } from './fit.ts';
import { forward, type Plan } from './graphs.ts';
import type { Figures } from './means.ts';
import type { Trainer } from './trainer.ts';

/** The newest checkpoint of the stores among callbacks. */
export async function lastCheckpoint(callbacks: readonly Callback[] = []): Promise<Checkpoint | undefined> {
  for (const { store } of callbacks) {
    const found = await store?.load();
    if (found) return found;
  }
  return undefined;
}

/** Takes and gives back the state of a run between two of its steps, where somebody keeps checkpoints. */
export class Checkpoints {
  readonly #trainer: Trainer;
  readonly #model: TrainedModel;
  readonly #callbacks: readonly Callback[];
  readonly #stores: readonly CheckpointStore[];
  readonly #run: TrainingRun;
  readonly #history: History;
  /** What the steps of the epoch under way measured. */
  #figures: BatchFigures[] = [];
  #found: readonly Variable[] | undefined;

  constructor(trainer: Trainer, run: TrainingRun, callbacks: readonly Callback[], history: History) {
    this.#trainer = trainer;
    this.#model = run.model;
    this.#callbacks = callbacks;
    this.#stores = callbacks.flatMap(({ store }) => (store ? [store] : []));
    this.#run = run;
    this.#history = history;
  }

  /** What the epoch measured before it was left, for its means. */
  get figures(): readonly BatchFigures[] {
    return this.#figures.map(copyOf);
  }

  /** Keeps what a step measured; without stores nothing is kept. */
  measured(figures: Figures, count: number): void {
    if (this.#stores.length > 0) this.#figures.push(copyOf({ figures, count }));
  }

  /** After each step, once all callbacks have had their turn; `batch` comes next. */
  afterStep(epoch: number, batch: number): Promise<void> | undefined {
    const due = this.#stores.filter(
      ({ saveFreq }) => saveFreq !== 'epoch' && this.#trainer.steps % saveFreq === 0,
    );
    return due.length === 0 ? undefined : this.#save(due, epoch, batch);
  }

  /** After each epoch, once all callbacks have had their turn. */
  async afterEpoch(epoch: number): Promise<void> {
    this.#figures = [];
    const due = this.#stores.filter(({ saveFreq }) => saveFreq === 'epoch');
    if (due.length > 0) await this.#save(due, epoch + 1, 0);
  }

  /** When the run ends: for good, or so that it may go on from this batch. */
  async afterRun(epoch: number, batch: number, interrupted: boolean): Promise<void> {
    if (interrupted) await this.#save(this.#stores, epoch, batch);
    else for (const store of this.#stores) await store.finish?.();
  }

  /**
   * Sets model, optimizer, history and callbacks to what they were.
   *
   * @throws DataError when the checkpoint is of another model or other data
   */
  async restore(checkpoint: Checkpoint): Promise<void> {
    await this.#check(checkpoint);
    const { optimizer, history, epochs, callbacks } = checkpoint;
    this.#model.setWeights(checkpoint.weights);
    this.#kept.forEach((variable, i) => {
      variable.write(checkpoint.states[i]!.data);
    });
    this.#trainer.restore(optimizer);
    this.#run.stopTraining = checkpoint.stopped;
    this.#figures = [...checkpoint.figures];
    this.#history.epoch.splice(0, Infinity, ...epochs);
    for (const [name, values] of Object.entries(history)) this.#history.history[name] = [...values];
    const left = [...callbacks];
    for (const callback of this.#callbacks) {
      const at = left.findIndex(({ name }) => name === callback.name);
      if (!callback.restore || at < 0) continue;
      const [{ state }] = left.splice(at, 1) as [NamedState];
      await callback.restore(state);
    }
  }

  /** Variables that layers change in a step and that are no weights; found when they are first needed. */
  get #kept(): readonly Variable[] {
    this.#found ??= keptVariables(this.#trainer.plan);
    return this.#found;
  }

  async #save(stores: readonly CheckpointStore[], epoch: number, batch: number): Promise<void> {
    if (stores.length === 0) return;
    const checkpoint = await this.#capture(epoch, batch);
    for (const store of stores) await store.save(checkpoint);
  }

  async #capture(epoch: number, batch: number): Promise<Checkpoint> {
    const { batchSize, samples, steps } = this.#run;
    const callbacks: NamedState[] = [];
    for (const callback of this.#callbacks) {
      if (callback.name === undefined || !callback.state) continue;
      callbacks.push({ name: callback.name, state: await callback.state() });
    }
    return {
      seed: this.#trainer.seed,
      epoch,
      batch,
      stopped: this.#run.stopTraining,
      data: { batchSize, samples: samples ?? null, steps: steps ?? null },
      weights: await this.#model.getWeights(),
      states: await valuesOf(this.#kept),
      optimizer: await this.#trainer.state(),
      epochs: [...this.#history.epoch],
      history: structuredClone(this.#history.history),
      figures: [...this.#figures],
      callbacks,
    };
  }

  async #check({ weights, states, optimizer, data }: Checkpoint): Promise<void> {
    checkTensors('weight', weights, await this.#model.getWeights());
    checkTensors('state', states, await valuesOf(this.#kept));
    checkTensors('optimizer slot', optimizer.slots, (await this.#trainer.state()).slots);
    const { batchSize, samples, steps } = this.#run;
    const own = { batchSize, samples: samples ?? null, steps: steps ?? null };
    for (const name of ['batchSize', 'samples', 'steps'] as const) {
      if (data[name] === own[name]) continue;
      throw another(`${name} ${data[name] ?? 'unknown'}`, `${own[name] ?? 'unknown'}`);
    }
  }
}

function keptVariables(plan: Plan): Variable[] {
  const trace = new Trace({ training: true, trains: plan.trains });
  forward(plan, { count: 1, weightShapes: [] }, trace);
  const weights = new Set(plan.network.weights.map(({ weight }) => weight.variable));
  return trace.updates.map(({ variable }) => variable).filter((variable) => !weights.has(variable));
}

async function valuesOf(variables: readonly Variable[]): Promise<WeightValues[]> {
  const values: WeightValues[] = [];
  for (const variable of variables) {
    const { name, shape } = variable;
    values.push({ name, shape: [...shape], data: Float32Array.from(await variable.read()) });
  }
  return values;
}

/** The arrays go to accumulators, which may keep and change them. */
function copyOf({ figures: { loss, parts }, count }: BatchFigures): BatchFigures {
  return { figures: { loss, parts: parts.map((arrays) => arrays.map((array) => array.slice())) }, count };
}

function checkTensors(kind: string, saved: readonly WeightValues[], own: readonly WeightValues[]): void {
  const describe = (weight: WeightValues | undefined) =>
    weight ? `${kind} ${weight.name} ${formatShape(weight.shape)}` : `no further ${kind}`;
  for (let i = 0; i < Math.max(saved.length, own.length); i++) {
    const [a, b] = [saved[i], own[i]];
    if (a && b && a.name === b.name && sameShape(a.shape, b.shape)) continue;
    throw another(describe(a), describe(b));
  }
}

function another(expected: string, received: string): DataError {
  return new DataError({
    what: 'the checkpoint is of another run',
    where: 'fit: resume',
    expected,
    received,
    fix: 'Go on with the model, the optimizer, the data and the batch size that the run began with.',
  });
}
