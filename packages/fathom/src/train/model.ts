import type { Backend } from '../backends/backend.ts';
import { Composite, checkSavable, type LayerStack } from '../nn/composite.ts';
import type { BaseLayer } from '../nn/layer.ts';
import type { Optimizer } from '../nn/optimizers/index.ts';
import type { Symbolics, SymbolicTensor } from '../nn/symbolic.ts';
import { selectBackend } from '../runtime.ts';
import { statedShape } from './arrays.ts';
import { arraySource, type BatchSource, oneBatch } from './batches.ts';
import type { Logs, TrainedModel, WeightValues } from './callbacks.ts';
import { lastCheckpoint } from './checkpoints.ts';
import { MODEL_FORMAT_VERSION, type ModelConfig } from './config.ts';
import { evaluateSource, type History, runEpochs } from './fit.ts';
import { Means } from './means.ts';
import type { MeasuredStep } from './measure.ts';
import { type NonFinite, searchStep } from './nonFinite.ts';
import { inputFeeds, type OutputLoss, objectiveOf } from './objective.ts';
import {
  type BatchesInput,
  type BatchSizeOptions,
  type CompileOptions,
  checkInteger,
  type DataInput,
  DEFAULT_BATCH_SIZE,
  type FitOptions,
  type ModelOptions,
  type Prediction,
  type Predictions,
  type SampleWeightOptions,
} from './options.ts';
import { predictRows } from './predict.ts';
import { Programs } from './programs.ts';
import {
  isDataInput,
  iterableSource,
  splitSamples,
  toInputs,
  toSamples,
  validationSource,
} from './samples.ts';
import { resolveSettings, type Settings, settingsConfig } from './settings.ts';
import { summarize } from './summary.ts';
import { Trainer } from './trainer.ts';
import { checkWeights, readWeights } from './weights.ts';

interface Sources {
  readonly train: BatchSource;
  readonly validation: BatchSource | undefined;
}

/**
 * Layers that can be trained, asked and saved: a stack (`sequential`) or any graph of them (`model`). It is a layer
 * itself, and may be called in other models, which then train its weights as well.
 *
 * `O` says how the outputs were given: as one, as a list or as a record; predictions come in the same form.
 *
 * @example
 * const network = sequential([dense({ units: 1, inputShape: [1] })], { seed: 0 });
 * network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * await network.fit([[1], [2]], [[3], [5]], { epochs: 10 });
 * (await network.predict([[3]])).data;
 */
export class Model<O extends Symbolics = SymbolicTensor> extends Composite<O> {
  #fitting = false;
  #settings: Settings | undefined;
  #trainer: Trainer | undefined;
  /** Whether the weights are known to be somebody's work. */
  #kept = false;
  #programs: Programs;
  /** Settled when the programs of an earlier compile() are given back. */
  #retired: Promise<void> = Promise.resolve();

  constructor(
    parts: LayerStack | { readonly inputs: Symbolics; readonly outputs: O } = [],
    options: ModelOptions = {},
  ) {
    super(parts, options);
    this.#programs = new Programs(() => this.#backend());
  }

  /** The optimizer of a compiled model; its learning rate may be changed at any time. */
  get optimizer(): Optimizer | undefined {
    return this.#settings?.optimizer;
  }

  /** The losses of a compiled model, one for each output that is trained; undefined before `compile` and `build`. */
  get outputLosses(): readonly OutputLoss[] | undefined {
    return this.#settings && this.built ? this.#requireTrainer().plan.objective.outputs : undefined;
  }

  /** Milliseconds spent so far on compiling programs. */
  get compileMs(): number {
    return this.#programs.compileMs;
  }

  override add(layer: BaseLayer | SymbolicTensor): void {
    // The constructor of the base adds layers before there are fields.
    if (#trainer in this && this.#trainer) {
      throw new Error(`${this.name}: expected add() before training; received ${layer} after it.`);
    }
    super.add(layer);
  }

  /**
   * Says how the model is trained, and which of its layers: `trainable` counts as it is now. The graph of a step is
   * made with the first batch of each size. Compiling again forgets the optimizer's state, not the weights.
   *
   * @throws RangeError on unknown names or options, or a loss that does not fit the output
   * @example
   * const x = input({ shape: [64] });
   * const outputs = { digit: dense({ units: 10, activation: 'softmax' })(x), even: dense({ units: 1 })(x) };
   * const network = model({ inputs: x, outputs });
   * network.compile({
   *   loss: { digit: 'sparseCategoricalCrossentropy', even: losses.binaryCrossentropy({ fromLogits: true }) },
   *   lossWeights: { even: 0.2 },
   *   metrics: { digit: ['accuracy'] },
   * });
   */
  compile(options: CompileOptions): void {
    this.#begin(resolveSettings(options), options.seed ?? this.seed);
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
  fit(x: DataInput, y: DataInput, options?: FitOptions): Promise<History>;
  fit(batches: BatchesInput, options?: FitOptions): Promise<History>;
  async fit(
    x: DataInput | BatchesInput,
    yOrOptions?: DataInput | FitOptions,
    last?: FitOptions,
  ): Promise<History> {
    const options = (isDataInput(x) ? last : (yOrOptions as FitOptions | undefined)) ?? {};
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
      const resume = options.resume ?? (await lastCheckpoint(options.callbacks));
      if (resume && this.#settings && resume.seed !== this.seed) this.#begin(this.#settings, resume.seed);
      const { train, validation } = isDataInput(x)
        ? this.#arraySources(x, yOrOptions as DataInput, options, batchSize)
        : this.#iterableSources(x, options, batchSize);
      const trainer = this.#requireTrainer();
      this.#keepWeights();
      return await runEpochs(trainer, this as unknown as TrainedModel, {
        train,
        validation,
        epochs,
        initialEpoch,
        stepsPerEpoch: options.stepsPerEpoch,
        batchSize,
        callbacks: options.callbacks ?? [],
        signal: options.signal,
        resume,
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
  evaluate(x: DataInput, y: DataInput, options?: BatchSizeOptions & SampleWeightOptions): Promise<Logs>;
  evaluate(batches: BatchesInput): Promise<Logs>;
  async evaluate(
    x: DataInput | BatchesInput,
    y?: DataInput,
    options: BatchSizeOptions & SampleWeightOptions = {},
  ): Promise<Logs> {
    const { batchSize = DEFAULT_BATCH_SIZE } = options;
    checkInteger(batchSize, 1, 'evaluate: batchSize');
    if (isDataInput(x)) this.#buildFor(x);
    const trainer = this.#requireTrainer();
    const source = isDataInput(x)
      ? arraySource(toSamples(x, y!, trainer.expected, 'evaluate', options), batchSize)
      : iterableSource(x, trainer.expected, 'evaluate');
    return evaluateSource(trainer, source);
  }

  /**
   * The results for some samples, in the form in which the outputs were given: one, a list or a record.
   *
   * @param x samples [N, ...inputShape]
   * @returns data [N, ...outputShape]
   * @throws DataError on data of another shape, NaN, or nothing
   * @example
   * const { data, shape } = await model.predict(images);
   */
  async predict(
    x: DataInput,
    { batchSize = DEFAULT_BATCH_SIZE }: BatchSizeOptions = {},
  ): Promise<Predictions<O>> {
    checkInteger(batchSize, 1, 'predict: batchSize');
    this.#buildFor(x);
    const feeds = inputFeeds(this);
    const inputs = toInputs(x, feeds, 'predict: x');
    const results = await predictRows(this.network, inputs, batchSize, this.#programs);
    return this.inOutputForm<Prediction>(results) as Predictions<O>;
  }

  /**
   * One update with one batch.
   *
   * @returns the loss and the metrics of the batch, before the update
   * @throws DataError as `fit`
   * @example
   * const { loss } = await model.trainOnBatch(x, y);
   */
  async trainOnBatch(x: DataInput, y: DataInput, options?: SampleWeightOptions): Promise<Logs> {
    this.#buildFor(x);
    const trainer = this.#requireTrainer();
    const samples = toSamples(x, y, trainer.expected, 'trainOnBatch', options);
    if (!this.#kept) this.#keepWeights();
    const means = new Means(trainer.plan.objective.figures);
    means.add(await trainer.train(oneBatch(samples)), samples.count);
    return means.logs();
  }

  /** What `findNonFinite` asks for: where a step with these samples is not finite first. */
  async searchNonFinite(
    x: DataInput,
    y: DataInput,
    options?: SampleWeightOptions,
  ): Promise<NonFinite | undefined> {
    this.#buildFor(x);
    const trainer = this.#requireTrainer();
    const samples = toSamples(x, y, trainer.expected, 'findNonFinite', options);
    return searchStep(trainer, oneBatch(samples), trainer.steps);
  }

  /**
   * Compiles the training step of a batch size beforehand, which `fit` would do otherwise; with `validation`, beside it
   * what evaluates batches of that size.
   *
   * @example
   * await model.prepare({ batchSize: 128, validation: true });
   */
  async prepare({
    batchSize = DEFAULT_BATCH_SIZE,
    validation = false,
  }: BatchSizeOptions & { readonly validation?: boolean } = {}): Promise<void> {
    checkInteger(batchSize, 1, 'prepare: batchSize');
    const shapes = [{ count: batchSize, weightShapes: [] }];
    await this.#requireTrainer().prepare(shapes, validation ? shapes : []);
  }

  /** Lets `measure` have the training step of a batch size; `profile` does. Weights stay what they are. */
  measureStep<T>(batchSize: number, measure: (step: MeasuredStep) => T | Promise<T>): Promise<T> {
    return this.#requireTrainer().measureStep(batchSize, measure);
  }

  /** A table of the layers as text. */
  summary(): string {
    return summarize(this);
  }

  /** Number of values in all weights, running statistics included. */
  countParams(): number {
    return this.weights.reduce((total, { variable }) => total + variable.size, 0);
  }

  /** Copies of all weights, in the order of the layers: of each, the trainable ones first. */
  async getWeights(): Promise<WeightValues[]> {
    return readWeights(this.network.weights);
  }

  /**
   * Replaces all weights, in the order of `getWeights`.
   *
   * @throws RangeError when their number, a size or a shape differs; then nothing is replaced
   */
  setWeights(weights: readonly (ArrayLike<number> | WeightValues)[]): void {
    const own = this.network.weights;
    const values = checkWeights(own, weights);
    this.#keepWeights();
    values.forEach((data, i) => {
      own[i]!.weight.variable.write(data);
    });
  }

  /**
   * The model as plain JSON, without its weights; `modelFromConfig` makes it again.
   *
   * @throws Error when it holds a function of the user's, which has no name, or a layer in two of its models
   */
  toConfig(): ModelConfig {
    checkSavable(this);
    return {
      formatVersion: MODEL_FORMAT_VERSION,
      type: this.type,
      name: this.name,
      ...this.options(),
      compile: this.#settings ? settingsConfig(this.#settings) : null,
    } as ModelConfig;
  }

  /** Gives the memory of the model's programs back; its weights can still be read, and steps make programs anew. */
  async dispose(): Promise<void> {
    await this.#retired;
    await this.#programs.clear();
  }

  /** A new trainer; what the one before has found out is forgotten. */
  #begin(settings: Settings, seed: number): void {
    if (seed !== this.seed) this.redraw(seed);
    const previous = this.#programs;
    this.#settings = settings;
    this.#trainer = undefined;
    this.#programs = new Programs(() => this.#backend());
    if (this.built) this.#requireTrainer();
    this.#retired = previous.clear();
  }

  async #backend(): Promise<Backend> {
    await this.#retired;
    const { backend = 'auto', threads } = this.#settings ?? {};
    if (typeof backend !== 'string') return backend;
    return selectBackend(backend, threads === undefined ? {} : { threads });
  }

  #requireTrainer(): Trainer {
    if (!this.#trainer) {
      if (!this.#settings) {
        throw new Error(`${this.name}: expected a compiled model. Call compile({ loss, … }) first.`);
      }
      const objective = objectiveOf(this.#settings, this);
      this.#trainer = new Trainer(this, objective, this.#settings.optimizer, this.#programs, this.seed);
    }
    return this.#trainer;
  }

  /** From now on nobody draws the weights anew. */
  #keepWeights(): void {
    this.network.keepWeights();
    this.#kept = true;
  }

  /** Builds a model whose first layer states no shape from the shape of the data. */
  #buildFor(x: DataInput): void {
    if (this.built || this.layers.length === 0) return;
    const shape = isDataInput(x) ? statedShape(x as never) : undefined;
    if (shape) this.build(shape.slice(1));
  }

  #arraySources(x: DataInput, y: DataInput, options: FitOptions, batchSize: number): Sources {
    this.#buildFor(x);
    const { expected } = this.#requireTrainer();
    let samples = toSamples(x, y, expected, 'fit', options);
    let validation = this.#validation(options, batchSize);
    if (options.validationSplit && !validation) {
      const parts = splitSamples(samples, options.validationSplit);
      samples = parts.train;
      validation = arraySource(parts.validation, batchSize);
    }
    const shuffle = (options.shuffle ?? true) ? { seed: this.seed } : undefined;
    return { train: arraySource(samples, batchSize, shuffle), validation };
  }

  #iterableSources(batches: BatchesInput, options: FitOptions, batchSize: number): Sources {
    for (const option of ['validationSplit', 'sampleWeight', 'classWeight'] as const) {
      if (!options[option]) continue;
      throw new RangeError(
        `fit: ${option} needs arrays; received batches. ${option === 'validationSplit' ? 'Pass validationData instead.' : 'Give batches [x, y, sampleWeight] instead.'}`,
      );
    }
    const train = iterableSource(batches, this.#requireTrainer().expected, 'fit');
    return { train, validation: this.#validation(options, batchSize) };
  }

  #validation({ validationData }: FitOptions, batchSize: number): BatchSource | undefined {
    return validationData && validationSource(validationData, batchSize, this.#requireTrainer().expected);
  }
}

/** A model of any form of outputs. */
export type AnyModel = Model<Symbolics>;

/**
 * A model that is a plain stack of layers. The first layer states the shape of a sample.
 *
 * @throws RangeError when a layer does not fit onto the one below
 * @example
 * const network = sequential([flatten({ inputShape: [28, 28, 1] }), dense({ units: 10, activation: 'softmax' })]);
 */
export function sequential(layers: LayerStack = [], options: ModelOptions = {}): Model {
  return new Model(layers, options);
}

/**
 * A model of all the layers between some inputs and some outputs, each one tensor, a list, or a record by name: any
 * graph without cycles, with several inputs and outputs, layers used in several places, and models as layers. Ending
 * at the output of an inner layer of another model, it extracts features, with the same weights.
 *
 * @throws Error when an output needs an input that is not named, or an input changes no output
 * @example
 * const x = input({ shape: [8] });
 * const hidden = dense({ units: 16, activation: 'relu' })(x);
 * const outputs = { size: dense({ units: 1 })(hidden), kind: dense({ units: 3, activation: 'softmax' })(hidden) };
 * const network = model({ inputs: x, outputs });
 * network.compile({ loss: { size: 'meanSquaredError', kind: 'sparseCategoricalCrossentropy' } });
 */
export function model<O extends Symbolics>({
  inputs,
  outputs,
  ...options
}: { readonly inputs: Symbolics; readonly outputs: O } & ModelOptions): Model<O> {
  return new Model<O>({ inputs, outputs }, options);
}
