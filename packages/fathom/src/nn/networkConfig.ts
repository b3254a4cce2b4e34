import type { Form } from './composite.ts';
import type { BaseLayer, LayerConfig } from './layer.ts';
import { Input } from './layers/input.ts';
import type { Network } from './network.ts';
import { type Symbolics, SymbolicTensor } from './symbolic.ts';

/** A tensor in JSON: the layer, which of its calls, and which of what that gives. */
export type TensorReference = readonly [layer: string, call: number, output: number];

/** A network as JSON. */
export interface NetworkConfig {
  readonly layers: readonly LayerConfig[];
  /** In the order in which they can be drawn. */
  readonly calls: readonly {
    readonly layer: string;
    readonly inputs: readonly TensorReference[];
    readonly training?: boolean;
  }[];
  readonly inputs: References;
  readonly outputs: References;
}

/** One, several in order, or several by name; as they were given. */
type References =
  | { readonly one: TensorReference }
  | { readonly list: readonly TensorReference[] }
  | { readonly record: Readonly<Record<string, TensorReference>> };

/** The layers of a network and how they are connected. */
export function networkConfig(network: Network, inputForm: Form, outputForm: Form): NetworkConfig {
  const references = new Map<SymbolicTensor, TensorReference>();
  const used = new Map<BaseLayer, number>();
  const layers: LayerConfig[] = network.layers.map((layer) => ({
    ...layer.config(),
    name: network.nameOf(layer),
  }));
  const taken = new Set(layers.map(({ name }) => name));
  for (const x of network.inputs) {
    if (x.layer instanceof Input) references.set(x, [network.nameOf(x.layer), 0, 0]);
    else {
      // A network may begin in the middle of another one; by itself it begins with inputs.
      let name = `${x.layer.name}_input`;
      for (let i = 1; taken.has(name); i++) name = `${x.layer.name}_input_${i}`;
      taken.add(name);
      layers.unshift({ type: 'input', name, shape: [...x.shape] });
      references.set(x, [name, 0, 0]);
    }
  }
  const calls = network.calls.map(({ layer, inputs, outputs, training }) => {
    const name = network.nameOf(layer);
    const call = used.get(layer) ?? 0;
    used.set(layer, call + 1);
    outputs.forEach((output, i) => {
      if (!references.has(output)) references.set(output, [name, call, i]);
    });
    return {
      layer: name,
      inputs: inputs.map((input) => references.get(input)!),
      ...(training === undefined ? {} : { training }),
    };
  });
  const toReferences = (form: Form, tensors: readonly SymbolicTensor[]): References => {
    const list = tensors.map((tensor) => references.get(tensor)!);
    if (form === 'one') return { one: list[0]! };
    return form === 'list'
      ? { list }
      : { record: Object.fromEntries(form.map((name, i) => [name, list[i]!])) };
  };
  return {
    layers,
    calls,
    inputs: toReferences(inputForm, network.inputs),
    outputs: toReferences(outputForm, network.outputs),
  };
}

/**
 * The inputs and outputs of the network that a config describes, drawn with these layers.
 *
 * @throws RangeError when it names a layer or tensor that is not there (yet)
 */
export function drawNetwork(
  config: Omit<NetworkConfig, 'layers'>,
  layers: readonly BaseLayer[],
  where: string,
): { readonly inputs: Symbolics; readonly outputs: Symbolics } {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const drawn = new Map<string, SymbolicTensor>();
  const key = (layer: string, call: number, output: number) => JSON.stringify([layer, call, output]);
  for (const layer of layers) if (layer instanceof Input) drawn.set(key(layer.name, 0, 0), layer.tensor);
  const find = (reference: TensorReference): SymbolicTensor => {
    const found = Array.isArray(reference) && drawn.get(key(reference[0], reference[1], reference[2]));
    if (found) return found;
    throw new RangeError(
      `${where}: expected a tensor of a layer named before; received ${JSON.stringify(reference)}. The file is damaged, or its layers form a cycle.`,
    );
  };
  const used = new Map<string, number>();
  for (const { layer: name, inputs, training } of config.calls) {
    const layer = byName.get(name);
    if (!layer) throw new RangeError(`${where}: expected one of its layers; received '${name}'.`);
    const call = used.get(name) ?? 0;
    used.set(name, call + 1);
    const given = layer.apply(inputs.map(find) as never, { training });
    flat(given).forEach((output, i) => {
      drawn.set(key(name, call, i), output);
    });
  }
  const toSymbolics = (references: References): Symbolics => {
    if ('one' in references) return find(references.one);
    if ('list' in references) return references.list.map(find);
    return Object.fromEntries(Object.entries(references.record).map(([name, one]) => [name, find(one)]));
  };
  return { inputs: toSymbolics(config.inputs), outputs: toSymbolics(config.outputs) };
}

function flat(given: Symbolics): readonly SymbolicTensor[] {
  return given instanceof SymbolicTensor ? [given] : Object.values(given);
}
