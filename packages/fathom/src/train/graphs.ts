import type { Graph } from '../compiler/program.ts';
import { mean } from '../functional/mean.ts';
import { formatShape, type Shape, sizeOf } from '../ir/shape.ts';
import { labelled, type Tensor } from '../ir/tensor.ts';
import type { BaseLayer } from '../nn/layer.ts';
import type { NamedWeight, Network } from '../nn/network.ts';
import { type KeyInput, Trace } from '../nn/trace.ts';
import { add, cast, divide, input, maximum, multiply, reshape, sum } from '../ops/index.ts';
import type { Objective, OutputObjective } from './objective.ts';
import type { Optimization } from './optimization.ts';

/**
 * A graph, and what its inputs stand for: first the data, then the optimizer's numbers, then the layers' keys. Its
 * outputs are the loss, then what each figure of the objective measures.
 */
export interface StepGraph {
  readonly graph: Graph;
  /** Inputs that are data: samples, targets, weights. */
  readonly feeds: number;
  readonly numbers: number;
  readonly keys: readonly KeyInput[];
  /** How many outputs each figure has. */
  readonly parts: readonly number[];
}

/** What a compiled model trains, as it was when it was compiled. */
export interface Plan {
  readonly network: Network;
  readonly objective: Objective;
  readonly parameters: readonly NamedWeight[];
  readonly trains: (layer: BaseLayer) => boolean;
}

/** The sizes that decide a program: samples in a batch, and the shapes of their weights, one for each target or none. */
export interface BatchShape {
  readonly count: number;
  readonly weightShapes: readonly Shape[];
}

/** A whole training step as one graph: forward, loss, metrics, backward, optimizer, running statistics. */
export function trainGraph(plan: Plan, optimization: Optimization, batch: BatchShape): StepGraph {
  const trace = new Trace({ training: true, trains: plan.trains });
  const { inputs, outputs, parts } = forward(plan, batch, trace);
  const numbers = optimization.minimize(outputs[0]!, trace);
  const { keys } = trace;
  return {
    graph: {
      inputs: [...inputs, ...numbers, ...keys.map(({ node }) => node)],
      outputs,
      updates: trace.updates,
    },
    feeds: inputs.length,
    numbers: numbers.length,
    keys,
    parts,
  };
}

/** Loss and metrics of a batch, without training. */
export function evaluateGraph(plan: Plan, batch: BatchShape): StepGraph {
  const trace = new Trace({ training: false });
  const { inputs, outputs, parts } = forward(plan, batch, trace);
  return withoutTraining({ inputs, outputs, updates: trace.updates }, parts);
}

/** The results for a batch. */
export function predictGraph(network: Network, count: number): StepGraph {
  const inputs = samplesOf(network, count);
  const trace = new Trace({ training: false });
  const outputs = network.call(inputs, trace);
  // Layers that keep a state from batch to batch change it here too.
  return withoutTraining({ inputs, outputs, updates: trace.updates }, []);
}

function withoutTraining(graph: Graph, parts: readonly number[]): StepGraph {
  return { graph, feeds: graph.inputs.length, numbers: 0, keys: [], parts };
}

/** Loss and figures of a batch, drawn into a trace: the loss is the first of the outputs. */
export function forward({ network, objective, parameters }: Plan, batch: BatchShape, trace: Trace) {
  const { count, weightShapes } = batch;
  const samples = samplesOf(network, count);
  const targets = objective.outputs.map(({ name, index, loss }) => {
    const { shape } = network.outputs[index]!;
    const labels = loss.targets === 'labels';
    const target = [count, ...(labels ? shape.slice(0, -1) : shape)];
    return input(`${name}/target`, target, labels ? 'int32' : 'float32');
  });
  const weights = weightShapes.map((shape, i) =>
    input(`${objective.outputs[i]!.name}/weight`, [count, ...shape]),
  );
  const predictions = network.call(samples, trace);
  const measured = objective.outputs.map((output, i) => {
    const prediction = predictions[output.index]!;
    return labelled(LOSS, () =>
      measures(output, targets[i]!, prediction, weights[i], trace.maskOf(prediction)),
    );
  });
  const own = measured.map(({ loss }) => loss);
  const total = labelled(LOSS, () =>
    [
      ...own.map((loss, i) => times(loss, objective.outputs[i]!.weight)),
      ...trace.losses,
      ...penalties(parameters, trace),
    ].reduce((sum, loss) => add(sum, loss)),
  );
  const parts = [
    ...(network.outputs.length > 1 ? own.map((loss) => [loss]) : []),
    ...measured.flatMap(({ metrics }) => metrics),
  ];
  return {
    inputs: [...samples, ...targets, ...weights],
    outputs: [total, ...parts.flat()],
    parts: parts.map(({ length }) => length),
  };
}

/** What profiles call the loss and the metrics. */
export const LOSS = 'loss';

/** Inputs for a batch of samples. */
function samplesOf(network: Network, count: number): Tensor[] {
  return network.inputs.map(({ shape, dtype, layer }) =>
    input(network.nameOf(layer), [count, ...shape], dtype),
  );
}

/** What weights' regularizers add to the loss. */
export function penalties(parameters: readonly NamedWeight[], trace: Trace): Tensor[] {
  return parameters.flatMap(({ weight: { regularizer, variable } }) =>
    regularizer ? [regularizer.call(trace.read(variable))] : [],
  );
}

function measures(
  { name, loss, metrics }: OutputObjective,
  targets: Tensor,
  predictions: Tensor,
  weight: Tensor | undefined,
  mask: Tensor | undefined,
) {
  const valid = mask && cast(mask, 'float32');
  const weighted = weight && valid ? both(weight, valid) : (weight ?? valid);
  return {
    loss: meanLoss(loss.call(targets, predictions), weight, valid, name),
    metrics: metrics.map(({ metric, weighted: counts }) =>
      labelled(metric.name, () => metric.measure(targets, predictions, counts ? weighted : valid)),
    ),
  };
}

/**
 * The loss of a batch as in Keras: Σ wᵢ lᵢ / n over the n losses. Where a mask says which of them count, n is the
 * number of those.
 */
export function meanLoss(
  losses: Tensor,
  weight: Tensor | undefined,
  valid: Tensor | undefined,
  name: string,
): Tensor {
  if (!weight && !valid) return mean(losses);
  const weighted = weight ? multiply(losses, along(weight, losses, `${name}: sampleWeight`)) : losses;
  if (!valid) return mean(weighted);
  const counted = multiply(weighted, along(valid, losses, `${name}: mask`));
  // Each masked place may hold several losses.
  const each = sizeOf(losses.shape) / sizeOf(valid.shape);
  return divide(sum(counted), maximum(multiply(sum(valid), each), 1));
}

/** A weight [B, ...] with as many axes as the losses [B, ...]. */
function along(weight: Tensor, losses: Tensor, where: string): Tensor {
  const fits =
    weight.rank <= losses.rank && weight.shape.every((extent, axis) => extent === losses.shape[axis]);
  if (!fits) {
    throw new RangeError(
      `${where}: expected the first axes of the losses ${formatShape(losses.shape)}; received ${formatShape(weight.shape)}. Give one weight a sample, or one a step.`,
    );
  }
  return reshape(weight, [...weight.shape, ...losses.shape.slice(weight.rank).map(() => 1)]);
}

function both(weight: Tensor, valid: Tensor): Tensor {
  return weight.rank <= valid.rank
    ? multiply(valid, along(weight, valid, 'sampleWeight'))
    : multiply(weight, along(valid, weight, 'mask'));
}

export function times(loss: Tensor, weight: number): Tensor {
  return weight === 1 ? loss : multiply(loss, weight);
}
