import type { Backend } from '../backends/backend.ts';
import { formatShape, type Shape, sameShape } from '../ir/shape.ts';
import type { Layer, LayerConfig } from '../nn/layer.ts';
import { isLossName, type Loss, type LossLike, resolveLoss } from '../nn/losses/index.ts';
import { isMetricName, type MetricLike, resolveMetric } from '../nn/metrics/index.ts';
import { type OptimizerLike, resolveOptimizer } from '../nn/optimizers/index.ts';
import type { Optimizer } from '../nn/optimizers/optimizer.ts';
import { seedKey } from '../nn/random.ts';
import { LayerStack } from '../nn/stack.ts';
import { type BackendName, selectBackend } from '../runtime.ts';
import {
  type ArrayInput,
  checkLabelRows,
  checkSameCount,
  isArrayInput,
  type Rows,
  sliceRows,
  statedShape,
  toRows,
} from './arrays.ts';
import { arraySource, type Batch, type BatchSource } from './batches.ts';
import type { Callback, Logs, WeightValues } from './callbacks.ts';
import { evaluateSource, type History, runEpochs } from './fit.ts';
import { evaluateGraph, type Objective, predictGraph, targetShape } from './graphs.ts';
import { Programs } from './programs.ts';
import { summarize } from './summary.ts';
import { Trainer } from './trainer.ts';
import { Turn } from './turn.ts';

export interface ModelOptions {
  /** Default 'sequential'. */
  readonly name?: string | undefined;
  /** Decides weights, shuffling and dropout; a random one by default, which `model.seed` tells. */
  readonly seed?: number | undefined;
}

export interface CompileOptions {
  /** 'sgd', 'adam', or one with options. Default 'adam'. */
  readonly optimizer?: OptimizerLike | undefined;
  readonly loss: LossLike;
  readonly metrics?: readonly MetricLike[] | undefined;
  /** What computes. Default 'auto', the fastest here. A backend object is not disposed of with the model. */
  readonly backend?: BackendName | Backend | undefined;
  /** Threads of a backend asked for by name. */
  readonly threads?: number | undefined;
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
  /** Data that validates; it never updates a parameter. */
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

/** A model as JSON: enough to make it again, without its weights. */
export interface ModelConfig {
  readonly formatVersion: number;
  readonly name: string;
  readonly inputShape: readonly number[] | null;
  readonly layers: readonly LayerConfig[];
  readonly compile: {
    readonly optimizer: { readonly name: string; readonly [option: string]: unknown };
    readonly loss: { readonly name: string; readonly fromLogits: boolean };
    readonly metrics: readonly string[];
  } | null;
}

/** Version of {@link ModelConfig}; a reader refuses versions it does not know. */
export const MODEL_FORMAT_VERSION = 1;

/**
 * A stack of layers that can be trained, asked and saved.
 *
 * @example
 * const model = sequential([dense({ units: 1, inputShape: [1] })], { seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * await model.fit([[1], [2]], [[3], [5]], { epochs: 10 });
 * (await model.predict([[3]])).data;
 */
export class Model {
  readonly name: string;
  readonly #stack = new LayerStack();
  #seed: number;
  /** True until somebody trains or sets the weights. */
  #untouched = true;
  #initialized = false;
  #fitting = false;
  #compiled: CompileOptions | undefined;
  #trainer: Trainer | undefined;
  #programs: Programs;
  #ownBackend: Promise<Backend> | undefined;
  /** Settled when what an earlier compile() needed is given back. */
  #retired: Promise<void> = Promise.resolve();

  constructor(layers: readonly Layer[] = [], options: ModelOptions = {}) {
    this.name = options.name ?? 'sequential';
    this.#seed = options.seed ?? randomSeed();
    seedKey(this.#seed);
    this.#programs = new Programs(() => this.#backend());
    for (const layer of layers) this.add(layer);
  }

  get layers(): readonly Layer[] {
    return this.#stack.layers;
  }

  get seed(): number {
    return this.#seed;
  }

  /** The shape of one sample, or `undefined` until it is known. */
  get inputShape(): Shape | undefined {
    return this.#stack.inputShape;
  }

  /** The shape of one result, or `undefined` until it is known. */
  get outputShape(): Shape | undefined {
    return this.#stack.built ? this.#stack.outputShape : undefined;
  }

  /** The optimizer of a compiled model; its learning rate may be changed at any time. */
  get optimizer(): Optimizer | undefined {
    return this.#compiled && this.#resolveOptimizer();
  }

  /** Milliseconds spent so far on compiling programs. */
  get compileMs(): number {
    return this.#programs.compileMs;
  }

  /**
   * Adds a layer on top.
   *
   * @throws RangeError when it does not fit onto the one below
   */
  add(layer: Layer): void {
    if (this.#trainer) {
      throw new Error(`${this.name}: expected add() before training; received ${layer.name} after it.`);
    }
    this.#stack.add(layer);
    if (this.#stack.built) this.#initialize();
  }

  /**
   * Gives the model the shape of one sample, where no layer states it.
   *
   * @throws RangeError when a layer cannot take what it would get
   */
  build(inputShape: Shape): void {
    if (this.#stack.built) {
      if (sameShape(inputShape, this.#stack.inputShape!)) return;
      throw new RangeError(
        `${this.name}: expected samples of shape ${formatShape(this.#stack.inputShape!)}; received ${formatShape(inputShape)}. Make a new model for another shape.`,
      );
    }
    this.#stack.build(inputShape);
    this.#initialize();
  }

  /**
   * Says how the model is trained. The graph of a step is made with the first batch of each size. Compiling again
   * forgets the optimizer's state, not the weights.
   *
   * @throws RangeError on unknown names or options, or a loss that does not fit the output
   */
  compile(options: CompileOptions): void {
    const optimizer = resolveOptimizer(options.optimizer ?? 'adam');
    const loss = resolveLoss(options.loss);
    for (const metric of options.metrics ?? []) resolveMetric(metric, loss, [1]);
    if (options.seed !== undefined && options.seed !== this.#seed) {
      seedKey(options.seed);
      this.#seed = options.seed;
      if (this.#untouched && this.#initialized) this.#stack.initialize(this.#seed);
    }
    const previous = this.#programs;
    const previousBackend = this.#ownBackend;
    const sameBackend =
      this.#compiled?.backend === options.backend && this.#compiled?.threads === options.threads;
    this.#compiled = { ...options, optimizer, loss };
    this.#trainer = undefined;
    this.#programs = new Programs(() => this.#backend());
    if (!sameBackend) this.#ownBackend = undefined;
    if (this.#stack.built) this.#requireTrainer();
    this.#retired = previous.clear().then(async () => {
      if (!sameBackend) await (await previousBackend)?.dispose();
    });
  }

  /**
   * Trains for some epochs.
   *
   * @param x samples [N, ...inputShape]; or an iterable of batches `[x, y]`, and then the options come second
   * @param y targets: [N, ...outputShape], or class numbers [N] for a sparse loss
   * @returns figures of each epoch as plain numbers
   * @throws DataError on data of another shape, NaN, labels out of range, or nothing
   * @example
   * const { history } = await model.fit(x, y, { epochs: 5, validationSplit: 0.1 });
   * history.valLoss;
   */
  fit(x: ArrayInput, y: ArrayInput, options?: FitOptions): Promise<History>;
  fit(batches: BatchesInput, options?: FitOptions): Promise<History>;
  async fit(
    x: ArrayInput | BatchesInput,
    yOrOptions?: ArrayInput | FitOptions,
    last?: FitOptions,
  ): Promise<History> {
    const options = (isArrayInput(x) ? last : (yOrOptions as FitOptions | undefined)) ?? {};
    const { batchSize = DEFAULT_BATCH_SIZE, epochs = 1, initialEpoch = 0, shuffle = true } = options;
    checkCount(batchSize, 1, 'fit: batchSize');
    checkCount(epochs, 0, 'fit: epochs');
    checkCount(initialEpoch, 0, 'fit: initialEpoch');
    if (options.stepsPerEpoch !== undefined) checkCount(options.stepsPerEpoch, 1, 'fit: stepsPerEpoch');
    if (this.#fitting) {
      throw new Error(`${this.name}: expected one fit() at a time; received another. Await the first one.`);
    }
    this.#fitting = true;
    try {
      let train: BatchSource;
      let validation = await this.#validationSource(options.validationData, batchSize);
      if (isArrayInput(x)) {
        let rows = this.#toRows(x, yOrOptions as ArrayInput, 'fit');
        if (options.validationSplit) {
          const parts = splitRows(rows, options.validationSplit);
          rows = parts.train;
          validation ??= arraySource(parts.validation.x, parts.validation.y, batchSize);
        }
        train = arraySource(rows.x, rows.y, batchSize, shuffle ? { seed: this.#seed } : undefined);
      } else {
        if (options.validationSplit) {
          throw new RangeError(
            'fit: validationSplit needs arrays; received batches. Pass validationData instead.',
          );
        }
        train = this.#iterableSource(x, 'fit');
      }
      this.#untouched = false;
      return await runEpochs(this.#requireTrainer(), this, {
        train,
        validation,
        epochs,
        initialEpoch,
        stepsPerEpoch: options.stepsPerEpoch,
        batchSize,
        callbacks: options.callbacks ?? [],
        signal: options.signal,
      });
    } finally {
      this.#fitting = false;
    }
  }

  /**
   * Loss and metrics over all samples, each counting the same, also in a last batch that is not full.
   *
   * @throws DataError as `fit`
   * @example
   * const { loss, accuracy } = await model.evaluate(testX, testY);
   */
  evaluate(x: ArrayInput, y: ArrayInput, options?: BatchSizeOptions): Promise<Logs>;
  evaluate(batches: BatchesInput): Promise<Logs>;
  async evaluate(
    x: ArrayInput | BatchesInput,
    y?: ArrayInput,
    { batchSize = DEFAULT_BATCH_SIZE }: BatchSizeOptions = {},
  ): Promise<Logs> {
    checkCount(batchSize, 1, 'evaluate: batchSize');
    let source: BatchSource;
    if (isArrayInput(x)) {
      const rows = this.#toRows(x, y!, 'evaluate');
      source = arraySource(rows.x, rows.y, batchSize);
    } else source = this.#iterableSource(x, 'evaluate');
    return evaluateSource(this.#requireTrainer(), source);
  }

  /**
   * The results for some samples.
   *
   * @param x samples [N, ...inputShape]
   * @returns data [N, ...outputShape]
   * @throws DataError on data of another shape, NaN, or nothing
   * @example
   * const { data, shape } = await model.predict(images);
   */
  async predict(
    x: ArrayInput,
    { batchSize = DEFAULT_BATCH_SIZE }: BatchSizeOptions = {},
  ): Promise<Prediction> {
    checkCount(batchSize, 1, 'predict: batchSize');
    this.#buildFor(x);
    const { data, count, size } = toRows(x, this.#stack.inputShape!, 'predict: x');
    const { outputShape } = this.#stack;
    const shape = [count, ...outputShape];
    const results = new Float32Array(shape.reduce((product, extent) => product * extent, 1));
    const resultSize = results.length / count;
    const turn = new Turn();
    for (let start = 0; start < count; start += batchSize) {
      const batch = Math.min(batchSize, count - start);
      const build = () => predictGraph(this.#stack, batch);
      await this.#programs.use(`predict ${batch}`, build, async ({ executable }) => {
        executable.write(0, data.subarray(start * size, (start + batch) * size));
        const running = executable.run();
        if (running) await running;
        const read = executable.read(0);
        results.set(read instanceof Promise ? await read : read, start * resultSize);
      });
      const pause = turn.give();
      if (pause) await pause;
    }
    return { data: results, shape };
  }

  /**
   * One update with one batch.
   *
   * @returns the loss and the metrics of the batch, before the update
   * @throws DataError as `fit`
   * @example
   * const { loss } = await model.trainOnBatch(x, y);
   */
  async trainOnBatch(x: ArrayInput, y: ArrayInput): Promise<Logs> {
    const batch = this.#toBatch(x, y, 'trainOnBatch');
    const trainer = this.#requireTrainer();
    this.#untouched = false;
    const values = await trainer.train(batch);
    const logs: Record<string, number> = {};
    for (let i = 0; i < values.length; i++) logs[trainer.names[i]!] = values[i]!;
    return logs;
  }

  /** Compiles the training step of a batch size beforehand, which the first batch would do otherwise. */
  async prepare({ batchSize = DEFAULT_BATCH_SIZE }: BatchSizeOptions = {}): Promise<void> {
    checkCount(batchSize, 1, 'prepare: batchSize');
    await this.#requireTrainer().prepare(batchSize);
  }

  /** A table of the layers as text. */
  summary(): string {
    return summarize(this.name, this.#stack);
  }

  /** Number of values in all weights, running statistics included. */
  countParams(): number {
    return this.#stack.weights.reduce((total, { variable }) => total + variable.size, 0);
  }

  /** Copies of all weights, in the order of the layers: of each, the trainable ones first. */
  async getWeights(): Promise<WeightValues[]> {
    this.#requireBuilt();
    const values: WeightValues[] = [];
    for (const { variable } of this.#stack.weights) {
      const { name, shape } = variable;
      values.push({ name, shape: [...shape], data: Float32Array.from(await variable.read()) });
    }
    return values;
  }

  /**
   * Replaces all weights, in the order of `getWeights`.
   *
   * @throws RangeError when their number, a size or a shape differs; then nothing is replaced
   */
  setWeights(weights: readonly (ArrayLike<number> | WeightValues)[]): void {
    this.#requireBuilt();
    const own = this.#stack.weights;
    if (weights.length !== own.length) {
      throw new RangeError(
        `setWeights: expected ${own.length} weights (${own.map(({ variable }) => variable.name).join(', ')}); received ${weights.length}.`,
      );
    }
    const values = weights.map((weight, i) => {
      const { name, shape, size } = own[i]!.variable;
      const named = 'data' in weight ? weight : undefined;
      const data = named ? named.data : (weight as ArrayLike<number>);
      if (data.length !== size || (named && !sameShape(named.shape, shape))) {
        throw new RangeError(
          `setWeights: expected ${formatShape(shape)} for ${name}; received ${named ? formatShape(named.shape) : `${data.length} values`}.`,
        );
      }
      return data;
    });
    this.#untouched = false;
    values.forEach((data, i) => {
      own[i]!.variable.write(data);
    });
  }

  /**
   * The model as plain JSON, without its weights; `modelFromConfig` makes it again.
   *
   * @throws Error when it holds a function of the user's, which has no name
   */
  toConfig(): ModelConfig {
    return {
      formatVersion: MODEL_FORMAT_VERSION,
      name: this.name,
      inputShape: this.#stack.inputShape ? [...this.#stack.inputShape] : null,
      layers: this.layers.map((layer) => layer.config()),
      compile: this.#compiled ? this.#compileConfig() : null,
    };
  }

  /** Gives programs, and the threads of a backend that the model made itself, back. Weights can still be read. */
  async dispose(): Promise<void> {
    await this.#programs.clear();
    const backend = this.#ownBackend;
    this.#ownBackend = undefined;
    await (await backend)?.dispose();
  }

  #compileConfig(): NonNullable<ModelConfig['compile']> {
    const optimizer = this.#resolveOptimizer();
    const loss = this.#compiled!.loss as Loss;
    const metrics = (this.#compiled!.metrics ?? []).map((metric) =>
      typeof metric === 'string' ? metric : metric.name,
    );
    const unknown = [loss.name]
      .filter((name) => !isLossName(name))
      .concat(metrics.filter((name) => !isMetricName(name)));
    if (unknown.length > 0) {
      throw new Error(
        `toConfig: expected losses and metrics of the library's; received ${unknown.join(', ')}. A function of your own cannot be saved.`,
      );
    }
    return {
      optimizer: { name: optimizer.name, ...optimizer.config() },
      loss: { name: loss.name, fromLogits: loss.fromLogits },
      metrics,
    };
  }

  #resolveOptimizer(): Optimizer {
    return this.#compiled!.optimizer as Optimizer;
  }

  #initialize(): void {
    this.#stack.initialize(this.#seed);
    this.#initialized = true;
  }

  async #backend(): Promise<Backend> {
    await this.#retired;
    const { backend = 'auto', threads } = this.#compiled ?? {};
    if (typeof backend !== 'string') return backend;
    this.#ownBackend ??= selectBackend(backend, threads === undefined ? {} : { threads });
    return this.#ownBackend;
  }

  #requireBuilt(): void {
    if (this.#stack.built) return;
    throw new Error(
      this.layers.length === 0
        ? `${this.name}: expected at least one layer; received none. Add layers before using the model.`
        : `${this.name}: the shape of a sample is not known. Give the first layer inputShape, or call build().`,
    );
  }

  #requireCompiled(): Objective & { optimizer: Optimizer } {
    if (!this.#compiled) {
      throw new Error(`${this.name}: expected a compiled model. Call compile({ loss, … }) first.`);
    }
    this.#requireBuilt();
    const loss = this.#compiled.loss as Loss;
    const metrics = (this.#compiled.metrics ?? []).map((metric) =>
      resolveMetric(metric, loss, this.#stack.outputShape),
    );
    return { loss, metrics, optimizer: this.#resolveOptimizer() };
  }

  #requireTrainer(): Trainer {
    if (!this.#trainer) {
      const { loss, metrics, optimizer } = this.#requireCompiled();
      checkLossFits(this.#stack, loss, this.name);
      // A graph of one sample shows at once what does not fit together.
      evaluateGraph(this.#stack, { loss, metrics }, 1);
      this.#trainer = new Trainer(this.#stack, { loss, metrics }, optimizer, this.#programs, this.#seed);
    }
    return this.#trainer;
  }

  /** Builds a model whose first layer states no shape from the shape of the data. */
  #buildFor(x: ArrayInput): void {
    if (this.#stack.built || this.layers.length === 0) {
      this.#requireBuilt();
      return;
    }
    const shape = statedShape(x);
    if (shape) this.build(shape.slice(1));
    else this.#requireBuilt();
  }

  #toRows(x: ArrayInput, y: ArrayInput, where: string): { x: Rows; y: Rows } {
    this.#buildFor(x);
    const { loss } = this.#requireCompiled();
    const shape = targetShape(this.#stack, loss);
    const rows = {
      x: toRows(x, this.#stack.inputShape!, `${where}: x`),
      y: toRows(y, shape, `${where}: y`),
    };
    checkSameCount(rows.x, rows.y, where);
    if (loss.targets === 'labels') {
      const { outputShape } = this.#stack;
      checkLabelRows(rows.y, outputShape[outputShape.length - 1]!, `${where}: y`);
    }
    return rows;
  }

  #toBatch(x: ArrayInput, y: ArrayInput, where: string): Batch {
    const rows = this.#toRows(x, y, where);
    return { x: rows.x.data, y: rows.y.data, count: rows.x.count };
  }

  #iterableSource(batches: BatchesInput, where: string): BatchSource {
    const toBatch = ([x, y]: BatchInput) => this.#toBatch(x, y, where);
    return {
      samples: undefined,
      steps: undefined,
      async *epoch() {
        for await (const batch of batches) yield toBatch(batch);
      },
    };
  }

  async #validationSource(
    data: BatchInput | BatchesInput | undefined,
    batchSize: number,
  ): Promise<BatchSource | undefined> {
    if (data === undefined) return undefined;
    if (!isPair(data)) return this.#iterableSource(data, 'fit: validationData');
    const rows = this.#toRows(data[0], data[1], 'fit: validationData');
    return arraySource(rows.x, rows.y, batchSize);
  }
}

/**
 * A model that is a plain stack of layers. The first layer states the shape of a sample.
 *
 * @throws RangeError when a layer does not fit onto the one below
 * @example
 * const model = sequential([flatten({ inputShape: [28, 28, 1] }), dense({ units: 10, activation: 'softmax' })]);
 */
export function sequential(layers: readonly Layer[] = [], options: ModelOptions = {}): Model {
  return new Model(layers, options);
}

/** Keras' default. */
const DEFAULT_BATCH_SIZE = 32;

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

function checkCount(value: number, least: number, where: string): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${where}: expected an integer of ${least} or more; received ${String(value)}.`);
}

function isPair(data: BatchInput | BatchesInput): data is BatchInput {
  return Array.isArray(data) && data.length === 2;
}

/** As in Keras, the validation samples are the last ones. */
function splitRows(
  { x, y }: { x: Rows; y: Rows },
  fraction: number,
): { train: { x: Rows; y: Rows }; validation: { x: Rows; y: Rows } } {
  const count = Math.floor(x.count * (1 - fraction));
  if (!(fraction > 0 && fraction < 1) || count === 0 || count === x.count) {
    throw new RangeError(
      `fit: expected a validationSplit in (0, 1) that leaves samples on either side of ${x.count}; received ${fraction}.`,
    );
  }
  const part = (start: number, end: number) => ({ x: sliceRows(x, start, end), y: sliceRows(y, start, end) });
  return { train: part(0, count), validation: part(count, x.count) };
}

function checkLossFits(stack: LayerStack, loss: Loss, name: string): void {
  const { outputShape } = stack;
  const outputs = outputShape[outputShape.length - 1];
  if ((loss.kind !== 'sparse' && loss.kind !== 'categorical') || (outputs !== undefined && outputs > 1))
    return;
  throw new RangeError(
    `${name}: ${loss.name} expected one output for each of two or more classes; received output shape ${formatShape(outputShape)}. Give the last layer that many units, or use binaryCrossentropy.`,
  );
}
