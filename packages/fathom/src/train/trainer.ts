import type { NumericArray } from '../ir/tensor.ts';
import type { Composite } from '../nn/composite.ts';
import type { Optimizer, OptimizerState } from '../nn/optimizers/index.ts';
import { childKey, type Key, seedKey } from '../nn/random.ts';
import type { Symbolics } from '../nn/symbolic.ts';
import type { Asker, KeyInput } from '../nn/trace.ts';
import { threefry } from '../ops/index.ts';
import type { Batch } from './batches.ts';
import { type BatchShape, evaluateGraph, type Plan, type StepGraph, trainGraph } from './graphs.ts';
import type { Figures } from './means.ts';
import { type MeasuredStep, writeMadeUpData } from './measure.ts';
import { expectedOf, type Objective } from './objective.ts';
import { Optimization } from './optimization.ts';
import type { LoadedStep, Programs } from './programs.ts';
import type { Expected } from './samples.ts';

/** Runs the steps of one compiled model; what it trains is decided when it is made. */
export class Trainer {
  readonly plan: Plan;
  readonly expected: Expected;
  readonly optimization: Optimization;
  /** Decides the random bits of layers. */
  readonly seed: number;
  readonly #programs: Programs;
  readonly #dropoutKey: Key;
  /** Numbers of the layers, which decide their random bits. */
  readonly #places: Map<Asker, number>;

  constructor(
    model: Composite<Symbolics>,
    objective: Objective,
    optimizer: Optimizer,
    programs: Programs,
    seed: number,
  ) {
    const { network } = model;
    const { parameters, allLayers, frozenLayers } = network;
    this.plan = { network, objective, parameters, trains: (layer) => !frozenLayers.has(layer) };
    this.expected = expectedOf(objective, model);
    // A graph of one sample shows at once what does not fit together.
    evaluateGraph(this.plan, { count: 1, weightShapes: [] });
    this.optimization = new Optimization(optimizer, parameters);
    this.#programs = programs;
    this.seed = seed;
    this.#dropoutKey = childKey(seedKey(seed), DROPOUT);
    this.#places = new Map<Asker, number>(allLayers.map((layer, i) => [layer, i]));
  }

  /** One update of all parameters; loss and metrics of the batch, before the update. */
  train(batch: Batch): Promise<Figures> {
    const build = () => trainGraph(this.plan, this.optimization, batch);
    return this.#programs.use(`train ${keyOf(batch)}`, build, async (step) => {
      // The step is counted only once it is done, and the numbers are asked first: a schedule may throw.
      this.optimization.writeNumbers(step, step.feeds);
      this.#writeKeys(step);
      const figures = await this.#measure(step, batch);
      this.optimization.steps++;
      return figures;
    });
  }

  /** Loss and metrics of a batch. */
  evaluate(batch: Batch): Promise<Figures> {
    const build = () => evaluateGraph(this.plan, batch);
    return this.#programs.use(`evaluate ${keyOf(batch)}`, build, (step) => this.#measure(step, batch));
  }

  /** Makes the programs of batches to train on and to evaluate, those that are not there yet, side by side. */
  prepare(train: readonly BatchShape[], evaluate: readonly BatchShape[] = []): Promise<void> {
    const wanted = new Map<string, () => StepGraph>();
    for (const shape of train) {
      wanted.set(`train ${keyOf(shape)}`, () => trainGraph(this.plan, this.optimization, shape));
    }
    for (const shape of evaluate) {
      wanted.set(`evaluate ${keyOf(shape)}`, () => evaluateGraph(this.plan, shape));
    }
    return this.#programs.prepare(wanted);
  }

  /** Lets `measure` have the training step of a batch size, which it may run with made-up data. */
  measureStep<T>(batchSize: number, measure: (step: MeasuredStep) => T | Promise<T>): Promise<T> {
    const shape = { count: batchSize, weightShapes: [] };
    const build = () => trainGraph(this.plan, this.optimization, shape);
    return this.#programs.measure(`train ${keyOf(shape)}`, build, (step, backend) => {
      this.optimization.writeNumbers(step, step.feeds);
      this.#writeKeys(step);
      writeMadeUpData(step.executable, step.feeds);
      return measure({ executable: step.executable, backend, batchSize });
    });
  }

  /** Steps done. */
  get steps(): number {
    return this.optimization.steps;
  }

  get optimizer(): Optimizer {
    return this.optimization.optimizer;
  }

  /** What the steps so far left behind beside the weights; not to be asked while a step runs. */
  state(): Promise<OptimizerState> {
    return this.optimization.state();
  }

  /**
   * Goes on from a state that `state()` gave.
   *
   * @throws RangeError when it is of another model or optimizer; then nothing is changed
   */
  restore(state: OptimizerState): void {
    this.optimization.restore(state);
  }

  async #measure({ executable, parts }: LoadedStep, batch: Batch): Promise<Figures> {
    let place = 0;
    for (const data of batch.inputs) executable.write(place++, data);
    for (const data of batch.targets) executable.write(place++, data);
    for (const data of batch.weights) executable.write(place++, data);
    const running = executable.run();
    if (running) await running;
    let output = 0;
    const first = executable.read(output++);
    const [loss] = first instanceof Promise ? await first : first;
    const measured: NumericArray[][] = [];
    for (const count of parts) {
      const own: NumericArray[] = [];
      while (own.length < count) {
        const read = executable.read(output++);
        own.push(read instanceof Promise ? await read : read);
      }
      measured.push(own);
    }
    return { loss: loss!, parts: measured };
  }

  #writeKeys({ executable, feeds, numbers, keys }: LoadedStep): void {
    this.keysAt(this.optimization.steps, keys).forEach((key, i) => {
      executable.write(feeds + numbers + i, key);
    });
  }

  /** What the inputs for random bits hold at a step. */
  keysAt(step: number, keys: readonly KeyInput[]): ArrayLike<number>[] {
    return keys.map(({ layer, count }) => {
      // Layers that are inside of others, unknown to the network, are counted as they come.
      if (!this.#places.has(layer)) this.#places.set(layer, this.#places.size);
      const [key0, key1] = childKey(this.#dropoutKey, this.#places.get(layer)!);
      return threefry(key0, key1, step, count);
    });
  }
}

function keyOf({ count, weightShapes }: BatchShape): string {
  return weightShapes.length === 0 ? String(count) : `${count} ${JSON.stringify(weightShapes)}`;
}

/** Child keys of a seed: weights have 0, 1, …, and no model has so many. */
const DROPOUT = -1;
