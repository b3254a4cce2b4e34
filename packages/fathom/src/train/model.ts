import type { Backend } from '../backends/backend.ts';
import { formatShape, type Shape, sameShape, sizeOf } from '../ir/shape.ts';
import type { Layer } from '../nn/layer.ts';
import type { Optimizer } from '../nn/optimizers/index.ts';
import { seedKey } from '../nn/random.ts';
import { LayerStack } from '../nn/stack.ts';
import { SymbolicTensor } from '../nn/symbolic.ts';
import { selectBackend } from '../runtime.ts';
import { type ArrayInput, isArrayInput, statedShape, toRows } from './arrays.ts';
import { arraySource, type BatchSource } from './batches.ts';
import type { Logs, WeightValues } from './callbacks.ts';
import { MODEL_FORMAT_VERSION, type ModelConfig } from './config.ts';
import { evaluateSource, type History, runEpochs } from './fit.ts';
import { predictGraph } from './graphs.ts';
import {
  type Expected,
  iterableSource,
  type Pairs,
  splitPairs,
  toPairs,
  validationSource,
} from './inputs.ts';
import { Means } from './means.ts';
import {
  type BatchesInput,
  type BatchSizeOptions,
  type CompileOptions,
  checkInteger,
  DEFAULT_BATCH_SIZE,
  type FitOptions,
  type ModelOptions,
  type Prediction,
} from './options.ts';
import { Programs } from './programs.ts';
import { objectiveOf, resolveSettings, type Settings, settingsConfig } from './settings.ts';
import { summarize } from './summary.ts';
import { Trainer } from './trainer.ts';
import { Turn } from './turn.ts';
import { checkWeights, readWeights } from './weights.ts';

interface Sources {
  readonly train: BatchSource;
  readonly validation: BatchSource | undefined;
}

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
  #settings: Settings | undefined;
  #trainer: Trainer | undefined;
  #programs: Programs;
  /** Settled when the programs of an earlier compile() are given back. */
  #retired: Promise<void> = Promise.resolve();

  constructor(layers: readonly (Layer | SymbolicTensor)[] = [], options: ModelOptions = {}) {
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
    return this.#settings?.optimizer;
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
  add(layerOrInput: Layer | SymbolicTensor): void {
    const layer = layerOrInput instanceof SymbolicTensor ? (layerOrInput.layer as Layer) : layerOrInput;
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
    const settings = resolveSettings(options);
    if (options.seed !== undefined && options.seed !== this.#seed) {
      seedKey(options.seed);
      this.#seed = options.seed;
      if (this.#untouched && this.#initialized) this.#stack.initialize(this.#seed);
    }
    const previous = this.#programs;
    this.#settings = settings;
    this.#trainer = undefined;
    this.#programs = new Programs(() => this.#backend());
    if (this.#stack.built) this.#requireTrainer();
    this.#retired = previous.clear();
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
    const { batchSize = DEFAULT_BATCH_SIZE, epochs = 1, initialEpoch = 0 } = options;
    checkInteger(batchSize, 1, 'fit: batchSize');
    checkInteger(epochs, 0, 'fit: epochs');
    checkInteger(initialEpoch, 0, 'fit: initialEpoch');
    if (options.stepsPerEpoch !== undefined) checkInteger(options.stepsPerEpoch, 1, 'fit: stepsPerEpoch');
    if (this.#fitting) {
      throw new Error(`${this.name}: expected one fit() at a time; received another. Await the first one.`);
    }
    this.#fitting = true;
    try {
      const { train, validation } = isArrayInput(x)
        ? this.#arraySources(x, yOrOptions as ArrayInput, options, batchSize)
        : this.#iterableSources(x, options, batchSize);
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
    checkInteger(batchSize, 1, 'evaluate: batchSize');
    let source: BatchSource;
    if (isArrayInput(x)) {
      const pairs = this.#toPairs(x, y!, 'evaluate');
      source = arraySource(pairs.x, pairs.y, batchSize);
    } else source = iterableSource(x, this.#expected(), 'evaluate');
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
    checkInteger(batchSize, 1, 'predict: batchSize');
    this.#buildFor(x);
    const { data, count, size } = toRows(x, this.#stack.inputShape!, 'predict: x');
    const { outputShape } = this.#stack;
    const shape = [count, ...outputShape];
    const results = new Float32Array(sizeOf(shape));
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
    const pairs = this.#toPairs(x, y, 'trainOnBatch');
    const trainer = this.#requireTrainer();
    this.#untouched = false;
    const { count } = pairs.x;
    const means = new Means(trainer.objective.metrics);
    means.add(await trainer.train({ x: pairs.x.data, y: pairs.y.data, count }), count);
    return means.logs();
  }

  /** Compiles the training step of a batch size beforehand, which the first batch would do otherwise. */
  async prepare({ batchSize = DEFAULT_BATCH_SIZE }: BatchSizeOptions = {}): Promise<void> {
    checkInteger(batchSize, 1, 'prepare: batchSize');
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
    return readWeights(this.#stack.weights.map(({ variable }) => variable));
  }

  /**
   * Replaces all weights, in the order of `getWeights`.
   *
   * @throws RangeError when their number, a size or a shape differs; then nothing is replaced
   */
  setWeights(weights: readonly (ArrayLike<number> | WeightValues)[]): void {
    this.#requireBuilt();
    const own = this.#stack.weights.map(({ variable }) => variable);
    const values = checkWeights(own, weights);
    this.#untouched = false;
    values.forEach((data, i) => {
      own[i]!.write(data);
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
      seed: this.#seed,
      inputShape: this.#stack.inputShape ? [...this.#stack.inputShape] : null,
      layers: this.layers.map((layer) => layer.config()),
      compile: this.#settings ? settingsConfig(this.#settings) : null,
    };
  }

  /** Gives the memory of the model's programs back; its weights can still be read, and steps make programs anew. */
  async dispose(): Promise<void> {
    await this.#retired;
    await this.#programs.clear();
  }

  #initialize(): void {
    this.#stack.initialize(this.#seed);
    this.#initialized = true;
  }

  async #backend(): Promise<Backend> {
    await this.#retired;
    const { backend = 'auto', threads } = this.#settings ?? {};
    if (typeof backend !== 'string') return backend;
    return selectBackend(backend, threads === undefined ? {} : { threads });
  }

  #requireBuilt(): void {
    if (this.#stack.built) return;
    throw new Error(
      this.layers.length === 0
        ? `${this.name}: expected at least one layer; received none. Add layers before using the model.`
        : `${this.name}: the shape of a sample is not known. Give the first layer inputShape, or call build().`,
    );
  }

  #expected(): Expected {
    if (!this.#settings) {
      throw new Error(`${this.name}: expected a compiled model. Call compile({ loss, … }) first.`);
    }
    this.#requireBuilt();
    return { stack: this.#stack, loss: this.#settings.loss };
  }

  #requireTrainer(): Trainer {
    if (!this.#trainer) {
      const { stack } = this.#expected();
      const settings = this.#settings!;
      const objective = objectiveOf(settings, stack, this.name);
      this.#trainer = new Trainer(stack, objective, settings.optimizer, this.#programs, this.#seed);
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

  #arraySources(x: ArrayInput, y: ArrayInput, options: FitOptions, batchSize: number): Sources {
    let pairs = this.#toPairs(x, y, 'fit');
    let validation = this.#validation(options, batchSize);
    if (options.validationSplit && !validation) {
      const parts = splitPairs(pairs, options.validationSplit);
      pairs = parts.train;
      validation = arraySource(parts.validation.x, parts.validation.y, batchSize);
    }
    const shuffle = (options.shuffle ?? true) ? { seed: this.#seed } : undefined;
    return { train: arraySource(pairs.x, pairs.y, batchSize, shuffle), validation };
  }

  #iterableSources(batches: BatchesInput, options: FitOptions, batchSize: number): Sources {
    if (options.validationSplit) {
      throw new RangeError(
        'fit: validationSplit needs arrays; received batches. Pass validationData instead.',
      );
    }
    const train = iterableSource(batches, this.#expected(), 'fit');
    return { train, validation: this.#validation(options, batchSize) };
  }

  #validation({ validationData }: FitOptions, batchSize: number): BatchSource | undefined {
    return validationData && validationSource(validationData, batchSize, this.#expected());
  }

  #toPairs(x: ArrayInput, y: ArrayInput, where: string): Pairs {
    this.#buildFor(x);
    return toPairs(x, y, this.#expected(), where);
  }
}

/**
 * A model that is a plain stack of layers. The first layer states the shape of a sample.
 *
 * @throws RangeError when a layer does not fit onto the one below
 * @example
 * const model = sequential([flatten({ inputShape: [28, 28, 1] }), dense({ units: 10, activation: 'softmax' })]);
 */
export function sequential(
  layers: readonly (Layer | SymbolicTensor)[] = [],
  options: ModelOptions = {},
): Model {
  return new Model(layers, options);
}

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
