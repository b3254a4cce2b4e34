import type { Graph } from '../compiler/program.ts';
import { mean } from '../functional/mean.ts';
import type { Tensor, Variable } from '../ir/tensor.ts';
import type { Loss } from '../nn/losses/index.ts';
import type { Metric } from '../nn/metrics/index.ts';
import type { Optimizer } from '../nn/optimizers/index.ts';
import type { LayerStack } from '../nn/stack.ts';
import { type KeyInput, Trace } from '../nn/trace.ts';
import { gradients, input } from '../ops/index.ts';

/** A graph, and what its inputs after x and y stand for: first the optimizer's numbers, then the layers' keys. */
export interface StepGraph {
  readonly graph: Graph;
  readonly numbers: number;
  readonly keys: readonly KeyInput[];
  /** How many outputs each metric has; they come after the loss. */
  readonly parts: readonly number[];
}

/** What a model is trained for. */
export interface Objective {
  readonly loss: Loss;
  readonly metrics: readonly Metric[];
}

/**
 * A whole training step as one graph: forward, loss, metrics, backward, optimizer, running statistics.
 * Outputs: the mean loss of the batch, then what each metric measures.
 */
export function trainGraph(
  stack: LayerStack,
  objective: Objective,
  optimizer: Optimizer,
  slots: ReadonlyMap<Variable, readonly Variable[]>,
  batch: number,
): StepGraph {
  const trace = new Trace({ training: true });
  const [x, y] = feeds(stack, objective.loss, batch);
  const { outputs, parts } = measures(stack.call(x, trace), y, objective);
  const numbers = optimizer.inputs.map((name) => input(`${optimizer.name}/${name}`, []));
  const parameters = stack.parameters;
  const slopes = gradients(
    outputs[0]!,
    parameters.map((parameter) => trace.read(parameter)),
  );
  const updates = [...trace.updates];
  parameters.forEach((variable, i) => {
    const own = slots.get(variable)!;
    const next = optimizer.update(
      trace.read(variable),
      slopes[i]!,
      own.map((slot) => trace.read(slot)),
      numbers,
    );
    updates.push({ variable, value: next.parameter });
    own.forEach((slot, s) => {
      updates.push({ variable: slot, value: next.slots[s]! });
    });
  });
  const keys = trace.keys;
  return {
    graph: { inputs: [x, y, ...numbers, ...keys.map(({ node }) => node)], outputs, updates },
    numbers: numbers.length,
    keys,
    parts,
  };
}

/** Loss and metrics of a batch, without training; outputs as of {@link trainGraph}. */
export function evaluateGraph(stack: LayerStack, objective: Objective, batch: number): StepGraph {
  const [x, y] = feeds(stack, objective.loss, batch);
  const { outputs, parts } = measures(stack.call(x, new Trace({ training: false })), y, objective);
  return { graph: { inputs: [x, y], outputs, updates: [] }, numbers: 0, keys: [], parts };
}

/** The results for a batch. */
export function predictGraph(stack: LayerStack, batch: number): StepGraph {
  const x = input('x', [batch, ...stack.inputShape!]);
  const outputs = [stack.call(x, new Trace({ training: false }))];
  return { graph: { inputs: [x], outputs, updates: [] }, numbers: 0, keys: [], parts: [] };
}

/** The shape of one sample's targets. */
export function targetShape(stack: LayerStack, loss: Loss): readonly number[] {
  return loss.targets === 'labels' ? stack.outputShape.slice(0, -1) : stack.outputShape;
}

function feeds(stack: LayerStack, loss: Loss, batch: number): [Tensor, Tensor] {
  const type = loss.targets === 'labels' ? 'int32' : 'float32';
  return [input('x', [batch, ...stack.inputShape!]), input('y', [batch, ...targetShape(stack, loss)], type)];
}

function measures(predictions: Tensor, targets: Tensor, { loss, metrics }: Objective) {
  const measured = metrics.map((metric) => metric.measure(targets, predictions));
  return {
    outputs: [mean(loss.call(targets, predictions)), ...measured.flat()],
    parts: measured.map(({ length }) => length),
  };
}
