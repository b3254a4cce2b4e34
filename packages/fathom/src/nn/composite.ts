import { checkShape, formatShape, type Shape, sameShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { BaseLayer, type CallContext, type LayerOptions, type Weight } from './layer.ts';
import { Input } from './layers/input.ts';
import { closest } from './lookup.ts';
import { Network } from './network.ts';
import { networkConfig } from './networkConfig.ts';
import { seedKey } from './random.ts';
import { type Symbolics, SymbolicTensor, symbolicList } from './symbolic.ts';

/** Layers on top of each other, each a layer from one tensor to one tensor; `input({ shape })` may come first. */
export type LayerStack = readonly (BaseLayer | SymbolicTensor)[];

export interface CompositeOptions extends LayerOptions {
  /** Decides the first values of the weights. */
  readonly seed?: number | undefined;
}

/**
 * A layer made of layers: a network, or a stack of layers that becomes one as soon as the shape of a sample is known.
 */
export abstract class Composite<O extends Symbolics = SymbolicTensor> extends BaseLayer<Symbolics, O> {
  readonly type: 'sequential' | 'model';
  readonly #seedChosen: boolean;
  #seed: number;
  #network: Network | undefined;
  #inputNames: readonly string[] | undefined;
  #outputNames: readonly string[] | undefined;
  /** How inputs and outputs were given, and so are given back. */
  readonly #inputForm: Form;
  readonly #outputForm: Form;
  /** The layers of a stack. */
  readonly #stack: BaseLayer[] = [];

  constructor(
    parts: LayerStack | { readonly inputs: Symbolics; readonly outputs: O },
    options: CompositeOptions,
  ) {
    super(options);
    this.#seedChosen = options.seed !== undefined;
    this.#seed = options.seed ?? randomSeed();
    seedKey(this.#seed);
    if (isStack(parts)) {
      this.type = 'sequential';
      this.#inputForm = 'one';
      this.#outputForm = 'one';
      for (const layer of parts) this.add(layer);
      return;
    }
    this.type = 'model';
    this.#inputForm = formOf(parts.inputs);
    this.#outputForm = formOf(parts.outputs);
    const inputs = listOf(parts.inputs, `${this.name}: inputs`);
    const outputs = listOf(parts.outputs, `${this.name}: outputs`);
    this.#setNetwork(new Network(inputs, outputs, this.name));
  }

  get seed(): number {
    return this.#seed;
  }

  /** The graph of layer calls. */
  get network(): Network {
    if (this.#network) return this.#network;
    throw new Error(
      this.#stack.length === 0
        ? `${this.name}: expected at least one layer; received none. Add layers before using the model.`
        : `${this.name}: the shape of a sample is not known. Give the first layer inputShape, or call build().`,
    );
  }

  /** Whether the shapes are known and the weights are there. */
  get built(): boolean {
    return this.#network !== undefined;
  }

  get layers(): readonly BaseLayer[] {
    return this.type === 'sequential' ? this.#stack : this.network.layers;
  }

  /** The shape of one sample (of the first input), or `undefined` until it is known. */
  override get inputShape(): Shape | undefined {
    return this.#network?.inputs[0]?.shape;
  }

  override get outputShapes(): readonly Shape[] | undefined {
    return this.#network?.outputs.map(({ shape }) => shape);
  }

  /** What inputs are called in records of data: as in the record they were given in, or by their layers. */
  get inputNames(): readonly string[] {
    this.#inputNames ??= namesOf(this.#inputForm, this.network.inputs, this.network);
    return this.#inputNames;
  }

  /** What outputs are called in records of data, losses and figures. */
  get outputNames(): readonly string[] {
    this.#outputNames ??= namesOf(this.#outputForm, this.network.outputs, this.network);
    return this.#outputNames;
  }

  override get input(): Symbolics {
    return packed(this.#inputForm, this.network.inputs);
  }

  override get output(): O {
    return packed(this.#outputForm, this.network.outputs) as O;
  }

  override get hasOwnOrder(): boolean {
    return true;
  }

  override get sublayers(): readonly BaseLayer[] {
    return this.#network?.layers ?? this.#stack;
  }

  override get weights(): readonly Weight[] {
    return this.#network?.weights.map(({ name, weight }) => ({ ...weight, name })) ?? [];
  }

  override get trainableWeights(): readonly Weight[] {
    if (!this.trainable || !this.#network) return [];
    return this.#network.parameters.map(({ name, weight }) => ({ ...weight, name }));
  }

  /**
   * The layer of that name, or at that place in `layers`; negative places count from the end.
   *
   * @throws RangeError when there is none
   * @example
   * const features = model({ inputs: network.input, outputs: network.getLayer('flatten').output });
   */
  getLayer(nameOrIndex: string | number): BaseLayer {
    const { layers } = this;
    const names = layers.map((layer) => this.#network?.nameOf(layer) ?? layer.name);
    const at = typeof nameOrIndex === 'number' ? nameOrIndex : names.indexOf(nameOrIndex);
    const found = typeof nameOrIndex === 'string' && at < 0 ? undefined : layers.at(at);
    if (found) return found;
    const meant = typeof nameOrIndex === 'string' ? closest(nameOrIndex, names) : undefined;
    throw new RangeError(
      `${this.name}: expected one of the layers ${names.join(', ')}; received ${JSON.stringify(nameOrIndex)}.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`,
    );
  }

  /**
   * Adds a layer on top of a stack.
   *
   * @throws RangeError when it does not fit onto the one below
   */
  add(layerOrInput: BaseLayer | SymbolicTensor): void {
    const layer = layerOrInput instanceof SymbolicTensor ? layerOrInput.layer : layerOrInput;
    if (this.type !== 'sequential' || this.uses > 0) {
      throw new Error(
        `${this.name}: expected add() on a sequential model that no other model holds yet; received ${layer.name}. Call the layer on the model's output, and make a model of that.`,
      );
    }
    this.#checkAddition(layer);
    layer.giveName(freeName(layer, this.#stack));
    if (this.#network) this.#extend([layer]);
    else if (layer.inputShape && this.#stack.length === 0) this.#begin(layer.inputShape, [layer]);
    this.#stack.push(layer);
  }

  /**
   * Gives a stack the shape of one sample, where no layer states it.
   *
   * @throws RangeError when a layer cannot take what it would get, or when another shape is known already
   */
  build(inputShape: Shape): void {
    if (this.#network) {
      if (sameShape(inputShape, this.inputShape!)) return;
      throw new RangeError(
        `${this.name}: expected samples of shape ${formatShape(this.inputShape!)}; received ${formatShape(inputShape)}. Make a new model for another shape.`,
      );
    }
    checkShape(inputShape, 'inputShape');
    if (inputShape.some((extent) => extent === 0)) {
      throw new RangeError(
        `inputShape: expected positive extents; received ${formatShape(inputShape)}. Give the shape of one sample, without the batch.`,
      );
    }
    if (this.#stack.length > 0) this.#begin(inputShape, this.#stack);
    else void this.network;
  }

  /** As a layer of another network. */
  override buildFor(inputShapes: readonly Shape[]): readonly Shape[] {
    if (!this.#network && inputShapes.length === 1) this.build(inputShapes[0]!);
    const { inputs, outputs } = this.network;
    const fits =
      inputs.length === inputShapes.length &&
      inputs.every(({ shape }, i) => sameShape(shape, inputShapes[i]!));
    if (!fits) {
      const show = (shapes: readonly Shape[]) => shapes.map(formatShape).join(' and ');
      throw new RangeError(
        `${this.name}: expected samples of shape ${show(inputs.map(({ shape }) => shape))}; received ${show(inputShapes)}. Make a new model for another shape.`,
      );
    }
    return outputs.map(({ shape }) => shape);
  }

  buildAll(inputShapes: readonly Shape[]): readonly Shape[] {
    return this.buildFor(inputShapes);
  }

  callAll(xs: readonly Tensor[], context: CallContext): readonly Tensor[] {
    return this.network.call(xs, context);
  }

  protected override unpack(x: unknown): readonly SymbolicTensor[] {
    return isRecord(x) ? inOrder(x, this.inputNames, this.name) : symbolicList(x, this.name);
  }

  protected override pack(outputs: readonly SymbolicTensor[]): Symbolics {
    return packed(this.#outputForm, outputs);
  }

  /** Something for each output, in the form in which the outputs were given. */
  protected inOutputForm<T>(each: readonly T[]): T | readonly T[] | Readonly<Record<string, T>> {
    return packed(this.#outputForm, each);
  }

  protected options(): Record<string, unknown> {
    const { seed } = this;
    if (this.type === 'model') {
      return { seed, ...networkConfig(this.network, this.#inputForm, this.#outputForm) };
    }
    const names = this.layers.map((layer) => this.#network?.nameOf(layer) ?? layer.name);
    const layers = this.layers.map((layer, i) => ({ ...layer.config(), name: names[i] }));
    return { seed, inputShape: this.inputShape ? [...this.inputShape] : null, layers };
  }

  /** Draws values for weights that nobody has trained or set, all of them with a new seed. */
  protected redraw(seed: number): void {
    seedKey(seed);
    this.#seed = seed;
    this.#network?.initialize(seed, true, true);
  }

  #begin(shape: Shape, layers: readonly BaseLayer[]): void {
    const [first] = layers;
    const start = first instanceof Input ? first.tensor : new Input({ shape }).tensor;
    const rest = first instanceof Input ? layers.slice(1) : layers;
    this.#chain(start, start, rest, first instanceof Input ? undefined : start.layer);
  }

  #extend(layers: readonly BaseLayer[]): void {
    const { inputs, outputs } = this.network;
    const [start] = inputs as [SymbolicTensor];
    this.#chain(start, outputs[0]!, layers, this.#stack.includes(start.layer) ? undefined : start.layer);
  }

  #chain(
    start: SymbolicTensor,
    from: SymbolicTensor,
    layers: readonly BaseLayer[],
    hidden: BaseLayer | undefined,
  ): void {
    let x = from;
    for (const layer of layers) {
      const y = layer.apply([x] as never);
      if (!(y instanceof SymbolicTensor)) {
        throw new TypeError(
          `${layer.name}: expected a layer with one result in a sequential model; received one with several. Use model({ inputs, outputs }).`,
        );
      }
      x = y;
    }
    this.#setNetwork(new Network([start], [x], this.name, hidden));
  }

  #setNetwork(network: Network): void {
    this.#network = network;
    this.#inputNames = undefined;
    this.#outputNames = undefined;
    network.initialize(this.#seed, this.#seedChosen);
  }

  #checkAddition(layer: BaseLayer): void {
    if (this.#stack.includes(layer)) {
      throw new Error(
        `${layer.name}: expected another layer; received one that this model has already. Make a new one, or use model({ inputs, outputs }) to share it.`,
      );
    }
    const { chosenName } = layer;
    if (chosenName !== undefined && this.#stack.some(({ name }) => name === chosenName)) {
      throw new Error(
        `${chosenName}: expected layers of different names; received that name twice. Rename one of them.`,
      );
    }
  }
}

/**
 * Checks that no layer stands in two models of those inside each other: a file holds each where it stands, and so would
 * make two of it.
 *
 * @throws Error naming such a layer
 */
export function checkSavable(composite: Composite<Symbolics>, seen = new Set<BaseLayer>()): void {
  for (const layer of composite.layers) {
    if (layer instanceof Input) continue;
    if (seen.has(layer)) {
      throw new Error(
        `${composite.name}: expected each layer in one of the models inside each other; '${layer.name}' stands in two, and a saved model could not share it. Save the models apart, or use the inner model in both places.`,
      );
    }
    seen.add(layer);
    if (layer instanceof Composite) checkSavable(layer, seen);
  }
}

/** One tensor, a list, or the names of a record. */
export type Form = 'one' | 'list' | readonly string[];

function isStack(parts: LayerStack | { readonly inputs: Symbolics }): parts is LayerStack {
  return Array.isArray(parts);
}

function isRecord(x: unknown): x is Readonly<Record<string, unknown>> {
  return typeof x === 'object' && x !== null && !Array.isArray(x) && !(x instanceof SymbolicTensor);
}

function formOf(given: Symbolics): Form {
  if (given instanceof SymbolicTensor) return 'one';
  return isRecord(given) ? Object.keys(given) : 'list';
}

function listOf(given: Symbolics, where: string): readonly SymbolicTensor[] {
  return symbolicList(isRecord(given) ? Object.values(given) : given, where);
}

function packed<T>(form: Form, each: readonly T[]): T | readonly T[] | Readonly<Record<string, T>> {
  if (form === 'one') return each[0]!;
  if (form === 'list') return each;
  return Object.fromEntries(form.map((name, i) => [name, each[i]!]));
}

/** The values of a record in the order of the names. */
function inOrder(
  record: Readonly<Record<string, unknown>>,
  names: readonly string[],
  where: string,
): readonly SymbolicTensor[] {
  const given = Object.keys(record);
  if (given.length !== names.length || !names.every((name) => Object.hasOwn(record, name))) {
    throw new RangeError(`${where}: expected tensors ${names.join(', ')}; received ${given.join(', ')}.`);
  }
  return symbolicList(
    names.map((name) => record[name]),
    where,
  );
}

/** Names of inputs or outputs, all different. */
function namesOf(form: Form, tensors: readonly SymbolicTensor[], network: Network): readonly string[] {
  if (typeof form !== 'string') return form;
  const names: string[] = [];
  for (const { layer } of tensors) {
    const stem = network.nameOf(layer);
    let name = stem;
    for (let i = 1; names.includes(name); i++) name = `${stem}_${i}`;
    names.push(name);
  }
  return names;
}

/** A name for a layer on top of a stack. */
function freeName(layer: BaseLayer, stack: readonly BaseLayer[]): string {
  const taken = new Set(stack.map(({ name }) => name));
  let { name } = layer;
  for (let i = 1; taken.has(name); i++) name = `${layer.type}_${i}`;
  return name;
}

function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
