import { mean } from '../functional/mean.ts';
import { randomNormal } from '../functional/randomNormal.ts';
import { randomUniform } from '../functional/randomUniform.ts';
import { type DType, formatShape, type Shape } from '../ir/shape.ts';
import { labelledPart, type Tensor, Variable } from '../ir/tensor.ts';
import { type BaseLayer, callLayer, type Weight } from '../nn/layer.ts';
import { type LossLike, resolveLoss } from '../nn/losses/index.ts';
import type { NamedWeight } from '../nn/network.ts';
import type { Optimizer, OptimizerState } from '../nn/optimizers/index.ts';
import { childKey, type Key, seedKey } from '../nn/random.ts';
import type { CallOptions } from '../nn/symbolic.ts';
import { Trace } from '../nn/trace.ts';
import { add, input, reshape, threefry } from '../ops/index.ts';
import { selectBackend } from '../runtime.ts';
import type { Rows } from './arrays.ts';
import { LOSS, penalties, type StepGraph } from './graphs.ts';
import { type MeasuredStep, writeMadeUpData } from './measure.ts';
import { Optimization } from './optimization.ts';
import type { BackendOptions, DataInput } from './options.ts';
import { type LoadedStep, Programs } from './programs.ts';
import { type Feed, toInputs } from './samples.ts';

/** What data a step takes: the shape of one sample, or with its element type. */
export type StepInput = Shape | { readonly shape: Shape; readonly dtype?: DType | undefined };

/** What is trained: the trainable weights of a model or layer, single variables, or several of these. */
export type Trained = BaseLayer | Variable | readonly (BaseLayer | Variable)[];

export interface TrainStepOptions<I extends Readonly<Record<string, StepInput>>, R> extends BackendOptions {
  /** Names and shapes of the data, without the batch. */
  readonly inputs: I;
  /** Decides random numbers and dropout. Default 0. */
  readonly seed?: number | undefined;
  /** Draws the step for batches of one size: what it computes and updates, and the scalars that it reports. */
  readonly build: (scope: StepScope, inputs: { readonly [K in keyof I]: Tensor }) => R;
}

/** What a step of one's own may do while it is drawn. */
export interface StepScope {
  /** Samples in a batch. */
  readonly batchSize: number;
  /**
   * The result of a model or layer for a batch; it trains (dropout drops), unless `training` is false. Of several
   * results, use `callAll`.
   */
  call(layer: BaseLayer, x: Tensor | readonly Tensor[], options?: CallOptions): Tensor;
  callAll(layer: BaseLayer, x: Tensor | readonly Tensor[], options?: CallOptions): readonly Tensor[];
  /** The mean of a loss over a batch. */
  loss(loss: LossLike, targets: Tensor, predictions: Tensor): Tensor;
  /** What regularizers of the weights, and layers called so far, add to the loss. */
  penalty(layer: BaseLayer): Tensor | undefined;
  /**
   * One update by an optimizer that makes `loss` smaller. Gradients flow through everything, but only the weights of
   * `trained` change. What is drawn after it reads their new values; no gradient flows back through the update.
   */
  minimize(loss: Tensor, trained: Trained, optimizer: Optimizer): void;
  /** Normal random numbers, others in each step. */
  randomNormal(shape: Shape, options?: { readonly mean?: number; readonly stddev?: number }): Tensor;
  /** Uniform random numbers in [low, high], others in each step. */
  randomUniform(shape: Shape, options?: { readonly low?: number; readonly high?: number }): Tensor;
  /** The value of a variable at this point of the step. */
  read(variable: Variable): Tensor;
  /** Gives a variable of one's own a new value. */
  update(variable: Variable, value: Tensor): void;
}

/** Numbers of a step, under the names that `build` gave them. */
export type StepResult<R> = { -readonly [K in keyof R]: number };

/** What the steps to come depend on, beside the weights. */
export interface TrainStepState {
  readonly steps: number;
  readonly optimizers: readonly OptimizerState[];
}

/**
 * A training step of one's own, compiled into one program for each batch size: any losses of any models, with as many
 * optimizers as it takes, such as the two players of a generative adversarial network.
 *
 * `build` draws it in the order in which it happens: after `minimize` the weights have their new values, so that a
 * generator is judged by the discriminator that has just learned.
 *
 * Paper: I. Goodfellow et al., Generative adversarial nets (2014).
 *
 * @example
 * const generator = sequential([dense({ units: 2, inputShape: [4] })], { seed: 0 });
 * const discriminator = sequential([dense({ units: 1, inputShape: [2] })], { seed: 1 });
 * const [forD, forG] = [adam(), adam()];
 * const bce = losses.binaryCrossentropy({ fromLogits: true });
 * const step = trainStep({
 *   inputs: { real: [2] },
 *   build(scope, { real }) {
 *     const fake = scope.call(generator, scope.randomNormal([scope.batchSize, 4]));
 *     const judge = (x: Tensor) => scope.call(discriminator, x);
 *     const [yes, no] = [ops.ones([scope.batchSize, 1]), ops.zeros([scope.batchSize, 1])];
 *     const dLoss = ops.add(scope.loss(bce, yes, judge(real)), scope.loss(bce, no, judge(fake)));
 *     scope.minimize(dLoss, discriminator, forD);
 *     const gLoss = scope.loss(bce, yes, judge(fake));
 *     scope.minimize(gLoss, generator, forG);
 *     return { dLoss, gLoss };
 *   },
 * });
 * const { dLoss, gLoss } = await step.run({ real: [[1, 2], [1, 3]] });
 */
export function trainStep<
  const I extends Readonly<Record<string, StepInput>>,
  R extends Readonly<Record<string, Tensor>>,
>(options: TrainStepOptions<I, R>): TrainStep<I, R> {
  return new TrainStep(options);
}

export class TrainStep<
  I extends Readonly<Record<string, StepInput>>,
  R extends Readonly<Record<string, Tensor>>,
> {
  readonly #options: TrainStepOptions<I, R>;
  readonly #feeds: readonly (Feed & { readonly dtype: DType })[];
  readonly #programs: Programs;
  /** One for each call of `minimize`, in their order. */
  readonly #optimizations: Optimization[] = [];
  /** Numbers of those that ask for random bits, in the order in which they first did. */
  readonly #askers = new Map<object, number>();
  readonly #key: Key;
  readonly #names: string[] = [];
  #steps = 0;
  readonly name = 'trainStep';

  constructor(options: TrainStepOptions<I, R>) {
    this.#options = options;
    this.#key = childKey(seedKey(options.seed ?? 0), STEP);
    this.#feeds = Object.entries(options.inputs).map(([name, like]) => {
      const { shape, dtype = 'float32' } = isShape(like) ? { shape: like } : like;
      return { name, shape, dtype };
    });
    if (this.#feeds.length === 0) {
      throw new RangeError(
        'trainStep: expected at least one input, which says how large a batch is; received none.',
      );
    }
    this.#programs = new Programs(async () => {
      const { backend = 'auto', threads } = options;
      if (typeof backend !== 'string') return backend;
      return selectBackend(backend, threads === undefined ? {} : { threads });
    });
  }

  /** Steps done. */
  get steps(): number {
    return this.#steps;
  }

  /** Milliseconds spent so far on compiling programs. */
  get compileMs(): number {
    return this.#programs.compileMs;
  }

  /**
   * One step with one batch.
   *
   * @param data samples [N, ...] of each input, by name
   * @returns the scalars that `build` returned
   * @throws DataError on data of another shape, NaN, or nothing
   */
  run(data: { readonly [K in keyof I]: DataInput }): Promise<StepResult<R>> {
    const rows = toInputs(data as DataInput, this.#feeds, 'trainStep');
    const { count } = rows[0]!;
    return this.#programs.use(
      `step ${count}`,
      () => this.#draw(count),
      async (step) => {
        const { executable } = step;
        // Schedules may throw; nothing has happened yet then.
        this.#writeNumbers(step);
        rows.forEach((one: Rows, i) => {
          executable.write(i, one.data);
        });
        const running = executable.run();
        if (running) await running;
        const result: Record<string, number> = {};
        for (let i = 0; i < this.#names.length; i++) {
          const read = executable.read(i);
          const [value] = read instanceof Promise ? await read : read;
          result[this.#names[i]!] = value!;
        }
        this.#steps++;
        for (const optimization of this.#optimizations) optimization.steps++;
        return result as StepResult<R>;
      },
    );
  }

  /** Compiles the program for a batch size beforehand. */
  async prepare(batchSize: number): Promise<void> {
    await this.#programs.use(
      `step ${batchSize}`,
      () => this.#draw(batchSize),
      () => {},
    );
  }

  /** Lets `measure` have the program for a batch size; `profile` does. Weights stay what they are. */
  measureStep<T>(batchSize: number, measure: (step: MeasuredStep) => T | Promise<T>): Promise<T> {
    const build = () => this.#draw(batchSize);
    return this.#programs.measure(`step ${batchSize}`, build, (step, backend) => {
      this.#writeNumbers(step);
      writeMadeUpData(step.executable, step.feeds);
      return measure({ executable: step.executable, backend, batchSize });
    });
  }

  /** The state of the optimizers and of the random numbers; the step must have run, or been prepared. */
  async state(): Promise<TrainStepState> {
    const optimizers: OptimizerState[] = [];
    for (const optimization of this.#optimizations) optimizers.push(await optimization.state());
    return { steps: this.#steps, optimizers };
  }

  /**
   * Goes on from a state; the step must have run, or been prepared.
   *
   * @throws RangeError when it is of another step
   */
  restore({ steps, optimizers }: TrainStepState): void {
    if (optimizers.length !== this.#optimizations.length) {
      throw new RangeError(
        `trainStep: expected the states of ${this.#optimizations.length} optimizers; received ${optimizers.length}. Prepare the step first, and restore the state of the same one.`,
      );
    }
    optimizers.forEach((state, i) => {
      this.#optimizations[i]!.restore(state);
    });
    this.#steps = steps;
  }

  /** Gives the memory of the programs back; steps make them anew. */
  async dispose(): Promise<void> {
    await this.#programs.clear();
  }

  /** Writes the optimizers' numbers and the random keys of this step. */
  #writeNumbers(step: LoadedStep): void {
    let place = step.feeds;
    for (const optimization of this.#optimizations) {
      optimization.writeNumbers(step, place);
      place += optimization.optimizer.inputs.length;
    }
    for (const { layer, count } of step.keys) {
      const [key0, key1] = childKey(this.#key, this.#askers.get(layer)!);
      step.executable.write(place++, threefry(key0, key1, this.#steps, count));
    }
  }

  #draw(count: number): StepGraph {
    const trace = new Trace({ training: true });
    const data = this.#feeds.map(({ name, shape, dtype }) => input(name, [count, ...shape], dtype));
    const scope = new Scope(trace, count, this.#optimizations, this.#key, this);
    const inputs = Object.fromEntries(this.#feeds.map(({ name }, i) => [name, data[i]!]));
    const drawn = this.#options.build(scope, inputs as { readonly [K in keyof I]: Tensor });
    this.#names.splice(0, Infinity, ...Object.keys(drawn));
    const outputs = Object.entries(drawn).map(([name, value]) => {
      if (value.size === 1) return reshape(value, []);
      throw new RangeError(
        `trainStep: expected scalars as results; received ${name} of shape ${formatShape(value.shape)}. Take its mean, or read it with predict().`,
      );
    });
    for (const { layer } of trace.keys) {
      if (!this.#askers.has(layer)) this.#askers.set(layer, this.#askers.size);
    }
    return {
      graph: {
        inputs: [...data, ...scope.numbers, ...trace.keys.map(({ node }) => node)],
        outputs,
        updates: trace.updates,
      },
      feeds: data.length,
      numbers: scope.numbers.length,
      keys: trace.keys,
      parts: [],
    };
  }
}

class Scope implements StepScope {
  readonly batchSize: number;
  /** Inputs for the numbers of the optimizers. */
  readonly numbers: Tensor[] = [];
  readonly #trace: Trace;
  readonly #optimizations: Optimization[];
  readonly #key: Key;
  readonly #step: { readonly name: string };
  #minimized = 0;
  #drawn = 0;

  constructor(
    trace: Trace,
    batchSize: number,
    optimizations: Optimization[],
    key: Key,
    step: { readonly name: string },
  ) {
    this.#trace = trace;
    this.batchSize = batchSize;
    this.#optimizations = optimizations;
    this.#key = key;
    this.#step = step;
  }

  call(layer: BaseLayer, x: Tensor | readonly Tensor[], options?: CallOptions): Tensor {
    const results = this.callAll(layer, x, options);
    if (results.length === 1) return results[0]!;
    throw new RangeError(`${layer.name}: expected one result; received ${results.length}. Use callAll().`);
  }

  callAll(
    layer: BaseLayer,
    x: Tensor | readonly Tensor[],
    { training = true }: CallOptions = {},
  ): readonly Tensor[] {
    const context = training ? this.#trace : this.#trace.inMode(false);
    const results = labelledPart(layer.name, () => callLayer(layer, isList(x) ? x : [x], context));
    for (const weight of layer.weights) this.#use(weight);
    return results;
  }

  loss(loss: LossLike, targets: Tensor, predictions: Tensor): Tensor {
    return labelledPart(LOSS, () => mean(resolveLoss(loss).call(targets, predictions)));
  }

  penalty(layer: BaseLayer): Tensor | undefined {
    const all = [...this.#trace.losses, ...penalties(named(layer), this.#trace)];
    return all.length === 0 ? undefined : all.reduce((total, one) => add(total, one));
  }

  minimize(loss: Tensor, trained: Trained, optimizer: Optimizer): void {
    if (loss.size !== 1) {
      throw new RangeError(
        `minimize: expected a scalar loss; received shape ${formatShape(loss.shape)}. Take its mean.`,
      );
    }
    const parameters = (isList(trained) ? trained : [trained]).flatMap((one) =>
      one instanceof Variable ? [ofVariable(one)] : named(one),
    );
    if (parameters.length === 0) {
      throw new RangeError(
        'minimize: expected something with trainable weights; received nothing that has any.',
      );
    }
    const place = this.#minimized++;
    const known = this.#optimizations[place];
    if (known && !sameWork(known, optimizer, parameters)) {
      throw new Error(
        `trainStep: expected build() to minimize with the same optimizers and weights, in the same order, for every batch size; received another for number ${place}.`,
      );
    }
    const optimization = known ?? new Optimization(optimizer, parameters);
    this.#optimizations[place] = optimization;
    this.numbers.push(...optimization.minimize(reshape(loss, []), this.#trace));
  }

  randomNormal(shape: Shape, { mean: average = 0, stddev = 1 } = {}): Tensor {
    return randomNormal(this.#trace.randomKey(this.#step), shape, average, stddev);
  }

  randomUniform(shape: Shape, { low = 0, high = 1 } = {}): Tensor {
    return randomUniform(this.#trace.randomKey(this.#step), shape, low, high);
  }

  read(variable: Variable): Tensor {
    return this.#trace.read(variable);
  }

  update(variable: Variable, value: Tensor): void {
    this.#trace.update(variable, value);
  }

  /** Weights that no model has drawn get their values here; all of them are somebody's work from now on. */
  #use({ variable, initializer, values }: Weight): void {
    if (values.state === 'none')
      variable.write(initializer.values(variable.shape, childKey(this.#key, this.#drawn)));
    this.#drawn++;
    values.state = 'own';
  }
}

/** The trainable weights of a layer or model, by name. */
function named(layer: BaseLayer): readonly NamedWeight[] {
  return layer.trainableWeights.map((weight) => ({ name: `${layer.name}/${weight.name}`, weight }));
}

/** A variable of the user's, as a weight. */
function ofVariable(variable: Variable): NamedWeight {
  const { name } = variable;
  const values = { state: 'own' } as const;
  const initializer = { name: 'own', values: () => new Float32Array(variable.size), config: () => ({}) };
  const rules = { regularizer: undefined, constraint: undefined };
  return { name, weight: { name, variable, initializer, trainable: true, values, ...rules } };
}

function sameWork(
  { optimizer, parameters }: Optimization,
  other: Optimizer,
  others: readonly NamedWeight[],
): boolean {
  return (
    optimizer === other &&
    parameters.length === others.length &&
    parameters.every(({ weight }, i) => weight.variable === others[i]!.weight.variable)
  );
}

function isShape(like: StepInput): like is Shape {
  return Array.isArray(like);
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

/** Child keys of a seed: a step's random numbers are none of a model's. */
const STEP = -2;
