import { formatShape } from '../ir/shape.ts';
import { labelledPart, type Tensor, type Variable } from '../ir/tensor.ts';
import { type BaseLayer, type CallContext, callLayer, contextInMode, type Weight } from './layer.ts';
import { childKey, seedKey } from './random.ts';
import type { LayerCall, SymbolicTensor } from './symbolic.ts';

/** A weight under its name in a network: `dense/kernel`, or `encoder/dense/kernel` inside a model inside. */
export interface NamedWeight {
  readonly name: string;
  readonly weight: Weight;
}

/**
 * A graph of layer calls from some tensors to others: which layers it has and how they are called there, their
 * weights, and the forward graph. It does not change once it is made.
 */
export class Network {
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  /** The calls between, each after those it takes from. */
  readonly calls: readonly LayerCall[];
  /** Each layer once, in the order of their first calls; those that make the inputs are among them. */
  readonly layers: readonly BaseLayer[];
  readonly #names: ReadonlyMap<BaseLayer, string>;

  /**
   * @param where names the model in errors
   * @param hidden an input layer that nobody asked for, which is not shown
   * @throws Error when an output depends on an input that is not named, when an input is named twice or not needed, or
   *   when two layers have one name
   */
  constructor(
    inputs: readonly SymbolicTensor[],
    outputs: readonly SymbolicTensor[],
    where: string,
    hidden?: BaseLayer,
  ) {
    this.inputs = inputs;
    this.outputs = outputs;
    this.calls = callsBetween(inputs, outputs, where);
    const begins = inputs.filter((x) => x.producer.inputs.length === 0).map((x) => x.producer);
    const all = [...begins, ...this.calls].sort((a, b) => a.id - b.id).map(({ layer }) => layer);
    this.layers = [...new Set(all)].filter((layer) => layer !== hidden);
    this.#names = namesOf(this.layers, where);
    for (const [layer, name] of this.#names) layer.giveName(name);
  }

  /** The name of a layer here. It may differ from the layer's own, where that was given by another model. */
  nameOf(layer: BaseLayer): string {
    return this.#names.get(layer) ?? layer.name;
  }

  /** All weights, each once, in the order of the layers, each layer's trainable ones first. */
  get weights(): readonly NamedWeight[] {
    const seen = new Set<Variable>();
    return this.layers.flatMap((layer) => {
      // A model inside has its own order.
      const own = layer.hasOwnOrder ? layer.weights : trainableFirst(layer.weights);
      return own.flatMap((weight) => {
        if (seen.has(weight.variable)) return [];
        seen.add(weight.variable);
        return [{ name: `${this.nameOf(layer)}/${weight.name}`, weight }];
      });
    });
  }

  /** What an optimizer updates. */
  get parameters(): readonly NamedWeight[] {
    const trained = new Set(
      this.layers.flatMap((layer) => layer.trainableWeights).map(({ variable }) => variable),
    );
    return this.weights.filter(({ weight }) => trained.has(weight.variable));
  }

  /** The layers, each followed by those inside it. */
  get allLayers(): readonly BaseLayer[] {
    const all = new Set<BaseLayer>();
    const visit = (layer: BaseLayer) => {
      if (all.has(layer)) return;
      all.add(layer);
      layer.sublayers.forEach(visit);
    };
    this.layers.forEach(visit);
    return [...all];
  }

  /** The layers that keep their weights, those inside frozen ones included. */
  get frozenLayers(): ReadonlySet<BaseLayer> {
    const frozen = new Set<BaseLayer>();
    const visit = (layer: BaseLayer, outerFrozen: boolean) => {
      const isFrozen = outerFrozen || !layer.trainable;
      if (isFrozen) frozen.add(layer);
      for (const inner of layer.sublayers) visit(inner, isFrozen);
    };
    for (const layer of this.layers) visit(layer, false);
    return frozen;
  }

  /**
   * Draws values for the weights that have none; `seed` decides them.
   *
   * @param chosen whether somebody chose the seed; then it decides also what another model drew without such a one
   * @param again draws all anew that nobody has trained or set
   */
  initialize(seed: number, chosen: boolean, again = false): void {
    const key = seedKey(seed);
    this.weights.forEach(({ weight: { variable, initializer, values } }, index) => {
      const drawn = values.state === 'seeded' || (values.state === 'random' && !chosen);
      if (values.state === 'own' || (drawn && !again)) return;
      variable.write(initializer.values(variable.shape, childKey(key, index)));
      values.state = chosen ? 'seeded' : 'random';
    });
  }

  /** Says that somebody has trained or set the weights. */
  keepWeights(): void {
    for (const { weight } of this.weights) weight.values.state = 'own';
  }

  /** The results for a batch, as graph. */
  call(xs: readonly Tensor[], context: CallContext): readonly Tensor[] {
    const values = new Map<SymbolicTensor, Tensor>();
    this.inputs.forEach((input, i) => {
      values.set(input, xs[i]!);
    });
    for (const { layer, inputs, outputs, training } of this.calls) {
      const results = labelledPart(this.nameOf(layer), () =>
        callLayer(
          layer,
          inputs.map((input) => values.get(input)!),
          training === undefined ? context : contextInMode(context, training),
        ),
      );
      outputs.forEach((output, i) => {
        if (!values.has(output)) values.set(output, results[i]!);
      });
    }
    return this.outputs.map((output) => values.get(output)!);
  }
}

/** The calls that `outputs` need, down to `inputs`, in the order in which they were drawn. */
function callsBetween(
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
  where: string,
): readonly LayerCall[] {
  const given = new Set(inputs);
  if (inputs.length === 0 || outputs.length === 0) {
    throw new Error(
      `${where}: expected at least one input and one output; received ${inputs.length} and ${outputs.length}.`,
    );
  }
  if (given.size < inputs.length) {
    throw new Error(`${where}: expected different inputs; received one of them twice. Name each once.`);
  }
  const calls = new Set<LayerCall>();
  const used = new Set<SymbolicTensor>();
  const open = [...outputs];
  for (let x = open.pop(); x; x = open.pop()) {
    if (given.has(x)) {
      used.add(x);
      continue;
    }
    if (calls.has(x.producer)) continue;
    if (x.producer.inputs.length === 0) {
      throw new Error(
        `${where}: expected outputs that can be reached from the inputs alone; received one that also needs '${x.layer.name}' ${formatShape(x.shape)}. Add that to the inputs.`,
      );
    }
    calls.add(x.producer);
    open.push(...x.producer.inputs);
  }
  const unused = inputs.find((input) => !used.has(input));
  if (unused) {
    throw new Error(
      `${where}: expected inputs that the outputs depend on; '${unused.layer.name}' ${formatShape(unused.shape)} changes none of them. Leave it out, or connect it.`,
    );
  }
  return [...calls].sort((a, b) => a.id - b.id);
}

/** Names of layers, all different: those chosen, those that a model gave before, and the type with a number behind. */
function namesOf(layers: readonly BaseLayer[], where: string): ReadonlyMap<BaseLayer, string> {
  const taken = new Set<string>();
  for (const { chosenName } of layers) {
    if (chosenName === undefined) continue;
    if (taken.has(chosenName)) {
      throw new Error(
        `${where}: expected layers of different names; received '${chosenName}' twice. Rename one of them.`,
      );
    }
    taken.add(chosenName);
  }
  const names = new Map<BaseLayer, string>();
  for (const layer of layers) {
    let name = layer.name;
    if (layer.chosenName === undefined) {
      for (let i = 1; taken.has(name); i++) name = `${layer.type}_${i}`;
      taken.add(name);
    }
    names.set(layer, name);
  }
  return names;
}

function trainableFirst(weights: readonly Weight[]): readonly Weight[] {
  return [...weights.filter(({ trainable }) => trainable), ...weights.filter(({ trainable }) => !trainable)];
}
