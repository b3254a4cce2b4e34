import type { Tensor, Variable } from '../ir/tensor.ts';
import type { Activation } from '../nn/activations.ts';
import { type BaseLayer, type CallContext, callLayer, contextInMode } from '../nn/layer.ts';
import { Dense } from '../nn/layers/dense.ts';
import { KernelLayer } from '../nn/layers/kernelLayer.ts';
import { type KeyInput, Trace } from '../nn/trace.ts';
import { add, cast, input } from '../ops/index.ts';
import { type Inspectable, type NetworkNode, nodesOf } from './nodes.ts';

/** Where a network may be changed a little, to see what comes of it. */
export interface Nudge {
  readonly node: number;
  /** Before or after the activation of the layer. */
  readonly at: 'preActivation' | 'value';
}

export interface TraceNodesOptions {
  /** Samples in a batch. Default 1. */
  readonly count?: number | undefined;
  /** Dropout drops, batch normalization uses the batch. Default false. */
  readonly training?: boolean | undefined;
  /** Weights are inputs of the graph in place of variables, so that other values can be tried. Default false. */
  readonly weightsAsInputs?: boolean | undefined;
  readonly nudge?: Nudge | undefined;
  /**
   * Each layer reads what the one before gives, and not, as poolings may, what stands before its activation: so that
   * the gradient of every result is that of its own. Default false.
   */
  readonly separate?: boolean | undefined;
}

/** The graph of a network with every value in it. */
export interface TracedNetwork {
  readonly inputs: readonly Tensor[];
  /** Results of each node. */
  readonly values: readonly (readonly Tensor[])[];
  /** What each node gives to its activation; its first result, where it has none. */
  readonly preActivations: readonly Tensor[];
  /** Of each node's first result: which of its steps count [B, T], as 1 and 0; undefined where all do. */
  readonly masks: readonly (Tensor | undefined)[];
  /** Nodes of the weights that the network has read. */
  readonly weights: ReadonlyMap<Variable, Tensor>;
  readonly keys: readonly KeyInput[];
  /** What layers add to the loss. */
  readonly losses: readonly Tensor[];
  /** Added to the value that is nudged. */
  readonly delta: Tensor | undefined;
}

/** Draws the forward graph of a model, and keeps what passes by. */
export function traceNodes(
  model: Inspectable,
  { count = 1, training = false, weightsAsInputs = false, nudge, separate = false }: TraceNodesOptions = {},
): TracedNetwork {
  const { nodes, outputs } = nodesOf(model);
  const ends = new Set(outputs.map(({ node }) => node));
  const trace = new Trace({ training });
  const weights = new Map<Variable, Tensor>();
  for (const { weight } of model.network.weights) {
    const { variable } = weight;
    if (weightsAsInputs) {
      const given = input(variable.name, variable.shape, variable.dtype);
      // From here on the trace reads the input.
      trace.update(variable, given);
      weights.set(variable, given);
    } else weights.set(variable, trace.read(variable));
  }
  const inputs = model.network.inputs.map(({ shape, dtype }, i) =>
    input(nodes[i]!.id, [count, ...shape], dtype),
  );
  const values: Tensor[][] = [];
  const preActivations: Tensor[] = [];
  let delta: Tensor | undefined;
  const nudged = (node: NetworkNode, at: Nudge['at'], x: Tensor): Tensor => {
    if (nudge?.node !== node.index || nudge.at !== at) return x;
    if (x.dtype !== 'float32') {
      throw new RangeError(
        `${node.id}: expected numbers that have a gradient; received whole numbers (${x.dtype}).`,
      );
    }
    delta ??= input('delta', x.shape);
    return add(x, delta);
  };
  for (const node of nodes) {
    if (node.isInput) {
      const x = nudged(node, 'value', inputs[node.index]!);
      values.push([x]);
      preActivations.push(x);
      continue;
    }
    const xs = node.sources.map((source) => values[source.node]![source.output]!);
    const context = node.training === undefined ? trace : contextInMode(trace, node.training);
    let before: Tensor | undefined;
    const results = withActivation(
      node.layer,
      (x) => {
        before = nudged(node, 'preActivation', x);
        return before;
      },
      () => callLayer(node.layer, xs, context),
    );
    const [first, ...others] = results as [Tensor, ...Tensor[]];
    // Layers without an activation of their own end where it would begin.
    const own = before ? first : nudged(node, 'preActivation', first);
    const moved = nudged(node, 'value', own);
    // Losses know softmax and sigmoid when they see them.
    const apart = separate && moved.dtype === 'float32' && !ends.has(node.index);
    const y = apart ? add(moved, 0) : moved;
    const mask = trace.maskOf(first);
    // What is put between two layers passes on which steps count.
    if (mask) trace.setMask(y, mask);
    values.push([y, ...others]);
    preActivations.push(before ?? own);
  }
  const masks = values.map(([first]) => {
    const mask = trace.maskOf(first!);
    return mask && cast(mask, 'float32');
  });
  const { keys, losses } = trace;
  return { inputs, values, preActivations, masks, weights, keys, losses, delta };
}

/** What a layer gives to its activation; its first result, where it has none of its own. */
export function callBeforeActivation(layer: BaseLayer, xs: readonly Tensor[], context: CallContext): Tensor {
  let before: Tensor | undefined;
  const [first] = withActivation(
    layer,
    (z) => {
      before = z;
      return z;
    },
    () => callLayer(layer, xs, context),
  );
  return before ?? first!;
}

/** A layer that multiplies by weights, adds a bias and ends in an activation: y = activation(z). */
export function isWeighted(layer: BaseLayer): layer is Dense | KernelLayer {
  return layer instanceof Dense || layer instanceof KernelLayer;
}

/**
 * Runs `body` while the layer's activation gets what `through` makes of its argument. The layer itself does the rest,
 * so that what is seen is what the layer computes.
 */
function withActivation<T>(layer: BaseLayer, through: (z: Tensor) => Tensor, body: () => T): T {
  if (!isWeighted(layer)) return body();
  const { activation } = layer;
  const set = (value: Activation) => {
    Object.defineProperty(layer, 'activation', {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  };
  set({ name: activation.name, apply: (z) => activation.apply(through(z)) });
  try {
    return body();
  } finally {
    set(activation);
  }
}
