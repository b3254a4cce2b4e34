import { LoopAttrs } from '../ir/loop.ts';
import { formatShape, type Shape, sizeOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type BaseLayer, callLayer, type LayerConfig, type Weight } from '../nn/layer.ts';
import { layerFromConfig } from '../nn/layerFromConfig.ts';
import { Trace } from '../nn/trace.ts';
import { ContractAttrs, input } from '../ops/index.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import { isWeighted } from './trace.ts';

/** What a layer costs. */
export interface LayerCosts {
  /** Numbers that training changes, and all. */
  readonly parameters: number;
  readonly trainableParameters: number;
  /** Products added up for one sample. */
  readonly multiplyAdds: number;
  /** float32, of one sample. */
  readonly activationBytes: number;
  readonly weightBytes: number;
}

/** A weight of a layer. */
export interface WeightDescription {
  /** As in a saved model: `conv2d/kernel`. */
  readonly name: string;
  readonly shape: Shape;
  readonly size: number;
  readonly trainable: boolean;
}

/** A layer as it stands in a network. */
export interface LayerDescription extends LayerCosts {
  readonly id: string;
  readonly type: string;
  /** Shapes of one sample. */
  readonly inputShapes: readonly Shape[];
  readonly outputShape: Shape;
  /** Of layers with several results. */
  readonly outputShapes: readonly Shape[];
  /** The name of the activation at its end, if it has one. */
  readonly activation: string | undefined;
  readonly weights: readonly WeightDescription[];
  /** The options that make it again, where all of them can be saved. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** A network to be drawn. */
export interface NetworkDescription {
  readonly name: string;
  readonly nodes: readonly LayerDescription[];
  /** From and to: ids of nodes. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly shape: Shape }[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly totals: LayerCosts;
}

/**
 * The layers of a network with their shapes, parameters, multiply-adds and memory, and how they are connected.
 *
 * Multiply-adds are the points of all sums of products for one sample, e.g. OH·OW·KH·KW·C·F of a convolution, whatever
 * algorithm computes them. A layer used twice is two nodes; its weights are counted at its first use.
 *
 * @throws Error when the shapes of the model are not known yet
 * @example
 * inspect.describeNetwork(lenet5()).totals.parameters; // 61706
 * inspect.describeNetwork(lenet5()).nodes[1].multiplyAdds; // 117600
 */
export function describeNetwork(model: Inspectable): NetworkDescription {
  const { nodes, outputs } = nodesOf(model);
  const counted = new Set<BaseLayer>();
  const described = nodes.map(({ id, layer, isInput, inputShapes, shapes }): LayerDescription => {
    const isNew = !counted.has(layer);
    counted.add(layer);
    if (isInput) return inputDescription(id, shapes[0]!);
    return describeLayer(id, layer, inputShapes, shapes, isNew);
  });
  const edges = nodes.flatMap(({ id, sources }) =>
    sources.map(({ node, output }) => ({
      from: nodes[node]!.id,
      to: id,
      shape: nodes[node]!.shapes[output]!,
    })),
  );
  return {
    name: model.name,
    nodes: described,
    edges,
    inputs: nodes.filter(({ isInput }) => isInput).map(({ id }) => id),
    outputs: outputs.map(({ node }) => nodes[node]!.id),
    totals: totalsOf(described),
  };
}

/** A stack of layers that somebody builds: each described, up to the first that cannot be. */
export interface StackDescription {
  readonly layers: readonly LayerDescription[];
  /** The first layer that does not fit, and why, in words for its builder. */
  readonly problem: { readonly layer: number; readonly message: string } | undefined;
  readonly totals: LayerCosts;
}

/**
 * What a stack of layers would come to, while it is being put together: no weights are drawn, and settings that are
 * impossible are explained and do not throw.
 *
 * @param inputShape of one sample
 * @param layers as in a saved model, with or without names
 * @example
 * const stack = inspect.describeStack([28, 28, 1], [
 *   { type: 'conv2d', filters: 6, kernelSize: 5 },
 *   { type: 'maxPooling2d', poolSize: 30 },
 * ]);
 * stack.layers[0].outputShape; // [24, 24, 6]
 * stack.problem.layer; // 1
 */
export function describeStack(
  inputShape: Shape,
  layers: readonly (Omit<LayerConfig, 'name'> & { readonly type: string })[],
): StackDescription {
  const described: LayerDescription[] = [];
  let shape = inputShape;
  const done = (problem?: StackDescription['problem']): StackDescription => ({
    layers: described,
    problem,
    totals: totalsOf(described),
  });
  for (const [i, options] of layers.entries()) {
    const id = typeof options.name === 'string' ? options.name : options.type;
    try {
      const layer = layerFromConfig({ ...options, name: id } as LayerConfig, {}, id);
      checkSize(layer, shape, id);
      const results = layer.buildFor([shape]);
      described.push(describeLayer(id, layer, [shape], results, true));
      shape = results[0]!;
    } catch (error) {
      return done({ layer: i, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return done();
}

const FLOAT_BYTES = 4;
/** Numbers in one weight beyond which a builder has most likely slipped: 1 GB. */
const MOST_WEIGHTS = 1 << 28;

function describeLayer(
  id: string,
  layer: BaseLayer,
  inputShapes: readonly Shape[],
  shapes: readonly Shape[],
  countWeights: boolean,
): LayerDescription {
  const { weights, trainableWeights } = layer;
  const parameters = countWeights ? sizes(weights) : 0;
  const trained = new Set(trainableWeights.map(({ variable }) => variable));
  return {
    id,
    type: layer.type,
    inputShapes,
    outputShape: shapes[0]!,
    outputShapes: shapes,
    activation: isWeighted(layer) ? (layer.activation.name ?? 'own function') : undefined,
    weights: weights.map(({ name, variable }) => ({
      name: `${id}/${name}`,
      shape: variable.shape,
      size: variable.size,
      trainable: trained.has(variable),
    })),
    options: optionsOf(layer),
    parameters,
    trainableParameters: countWeights ? sizes(trainableWeights) : 0,
    multiplyAdds: multiplyAddsOf(layer, inputShapes),
    activationBytes: FLOAT_BYTES * shapes.reduce((sum, shape) => sum + sizeOf(shape), 0),
    weightBytes: FLOAT_BYTES * parameters,
  };
}

function inputDescription(id: string, shape: Shape): LayerDescription {
  return {
    id,
    type: 'input',
    inputShapes: [],
    outputShape: shape,
    outputShapes: [shape],
    activation: undefined,
    weights: [],
    options: {},
    parameters: 0,
    trainableParameters: 0,
    multiplyAdds: 0,
    activationBytes: FLOAT_BYTES * sizeOf(shape),
    weightBytes: 0,
  };
}

/** All sums of products in the graph of a layer, those inside loops once for each iteration. */
function multiplyAddsOf(layer: BaseLayer, inputShapes: readonly Shape[]): number {
  const xs = inputShapes.map((shape, i) => input(`x${i}`, [1, ...shape]));
  const trace = new Trace({ training: false });
  return productsIn(callLayer(layer, xs, trace));
}

function productsIn(outputs: readonly Tensor[]): number {
  const seen = new Set<Tensor>();
  const loops = new Set<number>();
  const open = [...outputs];
  let products = 0;
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...node.inputs);
    const { attrs } = node;
    if (attrs instanceof ContractAttrs) {
      products += attrs.axes.reduce((product, { size }) => product * size, 1);
    } else if (attrs instanceof LoopAttrs && !loops.has(attrs.body.id)) {
      loops.add(attrs.body.id);
      products += attrs.body.length * productsIn(attrs.body.next);
    }
  }
  return products;
}

function optionsOf(layer: BaseLayer): Readonly<Record<string, unknown>> {
  try {
    const { type: _, name: __, ...options } = layer.config();
    return options;
  } catch {
    // A function of the user's cannot be written down.
    return {};
  }
}

/** Keeps a slip of the finger from asking for more memory than there is. */
function checkSize(layer: BaseLayer, shape: Shape, id: string): void {
  const units = (layer as { readonly units?: unknown }).units;
  const features = shape[shape.length - 1] ?? 1;
  if (typeof units !== 'number' || units * features <= MOST_WEIGHTS) return;
  throw new RangeError(
    `${id}: expected at most ${MOST_WEIGHTS.toLocaleString('en-US')} weights; received ${(units * features).toLocaleString('en-US')} between ${formatShape(shape)} and ${units} units. Use fewer units, or pool before it.`,
  );
}

function totalsOf(layers: readonly LayerCosts[]): LayerCosts {
  const total = (cost: keyof LayerCosts) => layers.reduce((sum, layer) => sum + layer[cost], 0);
  return {
    parameters: total('parameters'),
    trainableParameters: total('trainableParameters'),
    multiplyAdds: total('multiplyAdds'),
    activationBytes: total('activationBytes'),
    weightBytes: total('weightBytes'),
  };
}

function sizes(weights: readonly Weight[]): number {
  return weights.reduce((sum, { variable }) => sum + variable.size, 0);
}
