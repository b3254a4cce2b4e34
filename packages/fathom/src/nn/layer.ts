import { formatShape, type Shape, sameShape, sizeOf } from '../ir/shape.ts';
import { type Tensor, Variable } from '../ir/tensor.ts';
import { Callable } from './callable.ts';
import type { Initializer } from './initializers/index.ts';
import {
  type CallOptions,
  drawCall,
  type LayerCall,
  type Symbolics,
  type SymbolicTensor,
  symbolicList,
} from './symbolic.ts';

export { checkChoice, checkPair, checkPositiveInteger } from './checks.ts';

/** Options that every layer takes. */
export interface LayerOptions {
  /** Unique in the model; by default the type, with a number behind it from the second one on. */
  readonly name?: string | undefined;
  /** Of the first layer: the shape of one sample, without the batch. */
  readonly inputShape?: Shape | undefined;
  /** False keeps the weights as they are. Default true. */
  readonly trainable?: boolean | undefined;
}

/** A layer as JSON: its type, and the options that make it again. A layer inside a layer is a config inside a config. */
export interface LayerConfig {
  readonly type: string;
  readonly name: string;
  readonly [option: string]: unknown;
}

/** A regularizer (weight → scalar) or a constraint (weight → weight), as far as a layer must know it. */
export interface WeightRule {
  readonly name: string;
  call(weight: Tensor): Tensor;
}

export interface WeightOptions {
  /** False for values that no optimizer updates, as running statistics. Default true. */
  readonly trainable?: boolean | undefined;
  /** What it gives is added to the loss while its layer is trainable. */
  readonly regularizer?: WeightRule | undefined;
  /** Applied to the weight after each update. */
  readonly constraint?: WeightRule | undefined;
}

/** Values of a layer that outlive a step: parameters and running statistics. */
export interface Weight {
  /** Below its layer: `kernel`, or `cell/kernel` where a layer inside it holds the weight. */
  readonly name: string;
  readonly variable: Variable;
  readonly initializer: Initializer;
  /** Optimizers update it; running statistics are not trainable. */
  readonly trainable: boolean;
  readonly regularizer: WeightRule | undefined;
  readonly constraint: WeightRule | undefined;
  readonly values: { state: WeightState };
}

/** No values yet; drawn by a model without, or with, a seed that somebody chose; trained or set by somebody. */
export type WeightState = 'none' | 'random' | 'seeded' | 'own';

/** What a layer may ask for while it is built. */
export interface BuildScope {
  /** A weight of that name; the same one again where the layer is built for another shape of samples. */
  addWeight(name: string, shape: Shape, initializer: Initializer, options?: WeightOptions): Variable;
  /** Builds a layer inside this one: its weights are named outer/name/weight. Returns the shapes of its results. */
  addLayer(name: string, layer: BaseLayer, inputShapes: readonly Shape[]): readonly Shape[];
}

/** What a layer may ask for while a graph is made. */
export interface CallContext {
  /** True while a training step is made: dropout drops, batch normalization uses the batch's statistics. */
  readonly training: boolean;
  /** The node of a variable, the same one each time, so that gradients can name it. */
  read(variable: Variable): Tensor;
  /** Gives a variable a new value at the end of the step. */
  update(variable: Variable, value: Tensor): void;
  /** A key int32 [2] for random bits, another one for each layer, each step and each time it is asked for. */
  randomKey(layer: BaseLayer): Tensor;
  /** Adds a scalar to the loss of the step. */
  addLoss(loss: Tensor): void;
  /** Which steps of the sequences x [B, T, ...] count, bool [B, T]; undefined where all do. */
  maskOf(x: Tensor): Tensor | undefined;
  setMask(y: Tensor, mask: Tensor): void;
  /** Whether a layer is trained by this step; a frozen batch normalization uses its running statistics. */
  trains(layer: BaseLayer): boolean;
}

/** A weight, or a layer inside a layer with the name it has there. */
type Part = Weight | { readonly name: string; readonly layer: BaseLayer };

/**
 * A layer is its options, the weights it asks for (`buildAll`), what it computes (`callAll`) and how it is saved
 * (`config`), from some tensors to some tensors. Shapes here are those of one sample; a call sees the batch as axis 0.
 *
 * Layers are functions: called on symbolic tensors, they draw a network. Called twice, they share their weights.
 */
export abstract class BaseLayer<In = never, Out extends Symbolics = Symbolics> extends Callable<In, Out> {
  /** As in a saved model, and the stem of default names. */
  abstract readonly type: string;
  /** Masks of the inputs go on to the results by themselves. */
  readonly supportsMasking: boolean = false;
  readonly #chosenName: string | undefined;
  #givenName: string | undefined;
  readonly #inputShape: Shape | undefined;
  #trainable: boolean;
  #inputShapes: readonly Shape[] | undefined;
  #outputShapes: readonly Shape[] | undefined;
  #parts: readonly Part[] = [];
  #calls = 0;
  #firstCall: LayerCall | undefined;

  constructor(options: LayerOptions = {}) {
    super();
    this.#chosenName = options.name;
    this.#inputShape = options.inputShape;
    this.#trainable = options.trainable ?? true;
  }

  /** Chosen by the user, or given by the first model that holds the layer. */
  override get name(): string {
    return this.#chosenName ?? this.#givenName ?? this.type;
  }

  /** Of one sample, where an option or a network says it. */
  get inputShape(): Shape | undefined {
    return this.#inputShape;
  }

  /** The name that the user chose. */
  get chosenName(): string | undefined {
    return this.#chosenName;
  }

  /** Gives a name to a layer that has none, and so to its weights. */
  giveName(name: string): void {
    if (this.#chosenName !== undefined || this.#givenName !== undefined) return;
    this.#givenName = name;
    this.#nameWeights(this.name);
  }

  /**
   * Whether optimizers update the weights. Set on a layer it counts for the layers inside as well; a compiled model
   * goes on as it was until it is compiled again, as in Keras.
   */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(trainable: boolean) {
    this.#trainable = trainable;
    for (const layer of this.sublayers) layer.trainable = trainable;
  }

  /** Whether the order of `weights` is that of files; of other layers, the trainable weights come first there. */
  get hasOwnOrder(): boolean {
    return false;
  }

  /** Layers inside this one. */
  get sublayers(): readonly BaseLayer[] {
    return this.#parts.flatMap((part) => ('layer' in part ? [part.layer] : []));
  }

  /** All weights, those of layers inside included, in the order in which they were asked for. */
  get weights(): readonly Weight[] {
    return this.#parts.flatMap((part) => ('layer' in part ? inside(part.name, part.layer.weights) : [part]));
  }

  /** What optimizers update: the trainable weights of the layers that are trainable. */
  get trainableWeights(): readonly Weight[] {
    if (!this.trainable) return [];
    return this.#parts.flatMap((part) => {
      if ('layer' in part) return inside(part.name, part.layer.trainableWeights);
      return part.trainable ? [part] : [];
    });
  }

  /** The shape of a result, known once the layer is built; of the first one, where there are several. */
  get outputShape(): Shape | undefined {
    return this.outputShapes?.[0];
  }

  get outputShapes(): readonly Shape[] | undefined {
    return this.#outputShapes;
  }

  /** What the layer takes in the network it is part of. */
  get input(): Symbolics {
    return oneOrAll(this.#onlyCall('input').inputs);
  }

  /** What the layer gives in the network it is part of: `model({ inputs: m.input, outputs: layer.output })`. */
  get output(): Symbolics {
    return oneOrAll(this.#onlyCall('output').outputs);
  }

  /** Checks the shapes of a sample, asks for weights, and returns the shapes of the results. */
  abstract buildAll(inputShapes: readonly Shape[], scope: BuildScope): readonly Shape[];

  /** The results for a batch, as graph. */
  abstract callAll(xs: readonly Tensor[], context: CallContext): readonly Tensor[];

  /** The options beyond those of every layer, as JSON. */
  protected abstract options(): Record<string, unknown>;

  config(): LayerConfig {
    return {
      type: this.type,
      name: this.name,
      ...(this.inputShape ? { inputShape: [...this.inputShape] } : {}),
      ...(this.trainable ? {} : { trainable: false }),
      ...this.options(),
    };
  }

  /** What calling the layer does: draws one use of it. */
  override apply(x: In, { training }: CallOptions = {}): Out {
    const inputs = this.unpack(x);
    const shapes = this.buildFor(inputs.map(({ shape }) => shape));
    const call = drawCall(this, inputs, shapes, training);
    this.#calls++;
    this.#firstCall ??= call;
    return this.pack(call.outputs) as Out;
  }

  /** How often the layer has been called. */
  protected get uses(): number {
    return this.#calls;
  }

  /** Builds the layer for samples of these shapes. Its weights are made the first time, and found again later. */
  buildFor(inputShapes: readonly Shape[], path = this.name): readonly Shape[] {
    if (this.#outputShapes && sameShapes(inputShapes, this.#inputShapes!)) return this.#outputShapes;
    this.#checkInputShape(inputShapes);
    const known = this.#outputShapes && new Map(this.#parts.map((part) => [part.name, part]));
    const parts: Part[] = [];
    const outputShapes = this.buildAll(inputShapes, {
      addWeight: (name, shape, initializer, options) => {
        const weight =
          this.#weightOf(known, name, shape) ?? this.#newWeight(path, name, shape, initializer, options);
        parts.push(weight);
        return weight.variable;
      },
      addLayer: (name, layer, shapes) => {
        const results = layer.buildFor(shapes, `${path}/${name}`);
        parts.push({ name, layer });
        return results;
      },
    });
    this.#parts = parts;
    this.#inputShapes = inputShapes;
    this.#outputShapes = outputShapes;
    return outputShapes;
  }

  /** The tensors in what the layer is called on. */
  protected unpack(x: unknown): readonly SymbolicTensor[] {
    return symbolicList(x, this.name);
  }

  /** One result as it is, several as a list. */
  protected pack(outputs: readonly SymbolicTensor[]): Symbolics {
    return oneOrAll(outputs);
  }

  /** A layer is a function, which JSON would leave out. */
  toJSON(): LayerConfig {
    return this.config();
  }

  override toString(): string {
    const shapes = (list: readonly Shape[] | undefined) => list?.map(formatShape).join(', ') ?? '?';
    return `${this.type} '${this.name}' ${shapes(this.#inputShapes)} → ${shapes(this.#outputShapes)}`;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  #checkInputShape(inputShapes: readonly Shape[]): void {
    const [first] = inputShapes;
    if (!this.inputShape || !first || sizeOf(this.inputShape) === sizeOf(first)) return;
    throw new RangeError(
      `${this.name}: expected its inputShape ${formatShape(this.inputShape)}; received ${formatShape(first)} from the layer before. Only the first layer needs inputShape.`,
    );
  }

  #weightOf(known: ReadonlyMap<string, Part> | undefined, name: string, shape: Shape): Weight | undefined {
    if (!known) return undefined;
    const part = known.get(name);
    if (part && 'variable' in part && sameShape(part.variable.shape, shape)) return part;
    const old = part && 'variable' in part ? formatShape(part.variable.shape) : 'none';
    throw new RangeError(
      `${this.name}: expected samples for which ${name} has the shape ${old} it was built with; received samples that need ${formatShape(shape)}. A shared layer takes samples of one kind; make another layer for these.`,
    );
  }

  #newWeight(
    path: string,
    name: string,
    shape: Shape,
    initializer: Initializer,
    { trainable = true, regularizer, constraint }: WeightOptions = {},
  ): Weight {
    const variable = new Variable(`${path}/${name}`, shape, 'float32', new Float32Array(sizeOf(shape)));
    return { name, variable, initializer, trainable, regularizer, constraint, values: { state: 'none' } };
  }

  #nameWeights(path: string): void {
    // Weights of a model inside keep the names they have there.
    for (const part of this.#parts) {
      const weights = 'layer' in part ? inside(part.name, part.layer.weights) : [part];
      for (const { name, variable } of weights) variable.name = `${path}/${name}`;
    }
  }

  #onlyCall(what: string): LayerCall {
    if (this.#calls === 1) return this.#firstCall!;
    throw new Error(
      `${this.name}: expected a layer that is used once, so that ${what} is one thing; received one used ${this.#calls} times. ${
        this.#calls === 0 ? 'Call it, or put it in a model, first.' : 'Keep what the call you mean gave.'
      }`,
    );
  }
}

/** A layer from one tensor to one tensor. */
export abstract class Layer extends BaseLayer<SymbolicTensor, SymbolicTensor> {
  /** Checks the shape of a sample, asks for weights, and returns the shape of a result. */
  abstract build(inputShape: Shape, scope: BuildScope): Shape;

  /** The result for a batch, as graph. */
  abstract override call(x: Tensor, context: CallContext): Tensor;

  buildAll(inputShapes: readonly Shape[], scope: BuildScope): readonly Shape[] {
    if (inputShapes.length !== 1) {
      throw new TypeError(
        `${this.name}: expected one tensor; received ${inputShapes.length}. Merge them first, as with concatenate().`,
      );
    }
    return [this.build(inputShapes[0]!, scope)];
  }

  callAll(xs: readonly Tensor[], context: CallContext): readonly Tensor[] {
    return [this.call(xs[0]!, context)];
  }
}

/** A layer from several tensors to one tensor. */
export abstract class MergeLayer extends BaseLayer<readonly SymbolicTensor[], SymbolicTensor> {
  /** Checks the shapes of a sample of each input, asks for weights, and returns the shape of a result. */
  abstract build(inputShapes: readonly Shape[], scope: BuildScope): Shape;

  /** The result for a batch, as graph. */
  abstract override call(xs: readonly Tensor[], context: CallContext): Tensor;

  buildAll(inputShapes: readonly Shape[], scope: BuildScope): readonly Shape[] {
    return [this.build(inputShapes, scope)];
  }

  callAll(xs: readonly Tensor[], context: CallContext): readonly Tensor[] {
    return [this.call(xs, context)];
  }
}

/**
 * The results of a layer for a batch, and what every layer does beside: it is built for the shapes it gets, and hands
 * masks on. Layers that hold others call them by this.
 */
export function callLayer(layer: BaseLayer, xs: readonly Tensor[], context: CallContext): readonly Tensor[] {
  layer.buildFor(xs.map(({ shape }) => shape.slice(1)));
  const ys = layer.callAll(xs, context);
  if (!layer.supportsMasking) return ys;
  const mask = xs.map((x) => context.maskOf(x)).find((found) => found !== undefined);
  if (mask) for (const y of ys) if (!context.maskOf(y)) context.setMask(y, mask);
  return ys;
}

/** The same context, for a layer that trains or does not train whatever the network does. */
export function contextInMode(context: CallContext, training: boolean): CallContext {
  return {
    training,
    read: (variable) => context.read(variable),
    update: (variable, value) => context.update(variable, value),
    randomKey: (layer) => context.randomKey(layer),
    addLoss: (loss) => context.addLoss(loss),
    maskOf: (x) => context.maskOf(x),
    setMask: (y, mask) => context.setMask(y, mask),
    trains: (layer) => context.trains(layer),
  };
}

/** An error about the shape a layer is given. */
export function shapeError(layer: BaseLayer, expected: string, received: Shape, fix: string): RangeError {
  return new RangeError(
    `${layer.name}: expected samples of shape ${expected}; received ${formatShape(received)}. ${fix}`,
  );
}

/** The name under which an activation or initializer is saved. */
export function savedName(value: { readonly name: string | undefined }, where: string): string {
  if (value.name !== undefined) return value.name;
  throw new Error(
    `${where}: a function of your own cannot be saved. Use a named one, or a layer of your own, for models to be saved.`,
  );
}

function inside(name: string, weights: readonly Weight[]): Weight[] {
  return weights.map((weight) => ({ ...weight, name: `${name}/${weight.name}` }));
}

function oneOrAll<T>(list: readonly T[]): T | readonly T[] {
  return list.length === 1 ? list[0]! : list;
}

function sameShapes(a: readonly Shape[], b: readonly Shape[]): boolean {
  return a.length === b.length && a.every((shape, i) => sameShape(shape, b[i]!));
}
