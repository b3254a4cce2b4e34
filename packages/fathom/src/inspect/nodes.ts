import type { DType, Shape } from '../ir/shape.ts';
import { Composite } from '../nn/composite.ts';
import type { BaseLayer } from '../nn/layer.ts';
import type { Network } from '../nn/network.ts';
import type { LayerCall, Symbolics, SymbolicTensor } from '../nn/symbolic.ts';

/** What can be looked into: a model of any form. */
export type Inspectable = Composite<Symbolics>;

/** One result of a node. */
export interface Source {
  /** Place in the list of nodes. */
  readonly node: number;
  /** Place among the results of that node. */
  readonly output: number;
}

/**
 * One use of a layer in a network. Models inside a model are taken apart, so that a node is always a layer; a layer
 * that is used twice is two nodes.
 */
export interface NetworkNode {
  readonly index: number;
  /** Unique in the network: the layer's name, `inner/name` inside a model, `name#2` for its second use. */
  readonly id: string;
  readonly layer: BaseLayer;
  /** Whether the network begins here. */
  readonly isInput: boolean;
  readonly training: boolean | undefined;
  readonly sources: readonly Source[];
  /** Of one sample. */
  readonly inputShapes: readonly Shape[];
  readonly shapes: readonly Shape[];
  readonly dtypes: readonly DType[];
}

/** A network as a list of nodes, each after those it takes from. */
export interface NodeList {
  readonly nodes: readonly NetworkNode[];
  /** In the order of the network's outputs. */
  readonly outputs: readonly Source[];
}

/** The nodes of a model; the inputs come first. */
export function nodesOf(model: Inspectable): NodeList {
  const { network } = model;
  let known = lists.get(network);
  if (!known) {
    known = listNodes(network);
    lists.set(network, known);
  }
  return known;
}

/**
 * The node with an id, or at a place in the list; negative places count from the end.
 *
 * @throws RangeError when there is none
 */
export function nodeAt(model: Inspectable, layer: string | number): NetworkNode {
  const { nodes } = nodesOf(model);
  const found = typeof layer === 'number' ? nodes.at(layer) : nodes.find(({ id }) => id === layer);
  if (found) return found;
  throw new RangeError(
    `${model.name}: expected one of the layers ${nodes.map(({ id }) => id).join(', ')}; received ${JSON.stringify(layer)}.`,
  );
}

/** Those that take from a node. */
export function consumersOf(model: Inspectable, node: NetworkNode): readonly NetworkNode[] {
  return nodesOf(model).nodes.filter(({ sources }) => sources.some((source) => source.node === node.index));
}

const lists = new WeakMap<Network, NodeList>();

function listNodes(network: Network): NodeList {
  const nodes: NetworkNode[] = [];
  const uses = new Map<string, number>();
  const addNode = (
    network: Network,
    layer: BaseLayer,
    prefix: string,
    rest: Pick<NetworkNode, 'isInput' | 'training' | 'sources' | 'shapes' | 'dtypes'>,
  ): number => {
    const name = prefix + network.nameOf(layer);
    const use = (uses.get(name) ?? 0) + 1;
    uses.set(name, use);
    const id = use === 1 ? name : `${name}#${use}`;
    const inputShapes = rest.isInput
      ? rest.shapes
      : rest.sources.map(({ node, output }) => nodes[node]!.shapes[output]!);
    nodes.push({ index: nodes.length, id, layer, inputShapes, ...rest });
    return nodes.length - 1;
  };
  const visit = (inner: Network, inputs: readonly Source[], prefix: string, outer: boolean | undefined) => {
    const values = new Map<SymbolicTensor, Source>();
    inner.inputs.forEach((tensor, i) => {
      values.set(tensor, inputs[i]!);
    });
    for (const call of inner.calls) {
      const sources = call.inputs.map((tensor) => values.get(tensor)!);
      const training = call.training ?? outer;
      const results = resultsOf(inner, call, sources, prefix, training);
      call.outputs.forEach((tensor, i) => {
        if (!values.has(tensor)) values.set(tensor, results[i]!);
      });
    }
    return inner.outputs.map((tensor) => values.get(tensor)!);
  };
  const resultsOf = (
    inner: Network,
    { layer, outputs }: LayerCall,
    sources: readonly Source[],
    prefix: string,
    training: boolean | undefined,
  ): readonly Source[] => {
    if (layer instanceof Composite) {
      return visit(layer.network, sources, `${prefix}${inner.nameOf(layer)}/`, training);
    }
    const shapes = outputs.map(({ shape }) => shape);
    const dtypes = outputs.map(({ dtype }) => dtype);
    const node = addNode(inner, layer, prefix, { isInput: false, training, sources, shapes, dtypes });
    return outputs.map((_, output) => ({ node, output }));
  };
  const begins = network.inputs.map((tensor): Source => {
    const { shape, dtype } = tensor;
    const rest = { isInput: true, training: undefined, sources: [], shapes: [shape], dtypes: [dtype] };
    return { node: addNode(network, tensor.layer, '', rest), output: 0 };
  });
  const outputs = visit(network, begins, '', undefined);
  return { nodes, outputs };
}
