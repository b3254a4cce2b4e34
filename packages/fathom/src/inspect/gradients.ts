import type { Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Network } from '../nn/network.ts';
import { add, gradients as gradientsOf } from '../ops/index.ts';
import { meanLoss, times } from '../train/graphs.ts';
import type { DataInput } from '../train/options.ts';
import { type Activations, activationOutputs, readActivations, seenMasks } from './activations.ts';
import { lossFormula } from './formulas.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import {
  type LossOrigin,
  type ObjectiveOptions,
  objectiveFor,
  objectiveKey,
  type SampleObjective,
  type Target,
  targetInput,
} from './objective.ts';
import { type Drawing, readAll, run, sampleOf, samplesOf } from './session.ts';
import { isWeighted, type Nudge, type TracedNetwork, traceNodes } from './trace.ts';

/** How the loss changes with what a layer gives. */
export interface LayerGradient {
  readonly id: string;
  readonly type: string;
  readonly shape: Shape;
  /** y. */
  readonly values: Float32Array;
  /**
   * ∂L/∂y; undefined for whole numbers, and where the loss is taken from what stands before y: a cross-entropy of softmax or sigmoid is
   * computed from z, and its gradient enters there.
   */
  readonly gradient: Float32Array | undefined;
  /** z of y = activation(z). */
  readonly preActivation: Float32Array | undefined;
  /** ∂L/∂z. */
  readonly preActivationGradient: Float32Array | undefined;
}

/** How the loss changes with a weight. */
export interface WeightGradient {
  /** As in a saved model: `conv2d/kernel`. */
  readonly name: string;
  readonly shape: Shape;
  readonly trainable: boolean;
  readonly values: Float32Array;
  /** ∂L/∂w. */
  readonly gradient: Float32Array;
}

/** Of which loss gradients are. */
export interface GradientLoss {
  readonly origin: LossOrigin;
  readonly name: string;
  /** Those that are set, as labelSmoothing. */
  readonly options: Readonly<Record<string, unknown>>;
  /** By what it is multiplied. */
  readonly weight: number;
  /** `0.5 · mean of (y − target)² over 4 numbers` */
  readonly formula: string;
  /** Whether regularizers of weights add to what is trained: here they are left out. */
  readonly hasPenalties: boolean;
  /** All that in a sentence. */
  readonly words: string;
}

/** A loss, and its gradients everywhere. */
export interface NetworkGradients {
  readonly model: string;
  readonly loss: number;
  readonly lossName: string;
  /** What the loss is, and where it comes from. */
  readonly objective: GradientLoss;
  readonly layers: readonly LayerGradient[];
  readonly weights: readonly WeightGradient[];
  /** What all layers gave on the way to the loss. */
  readonly activations: Activations;
}

/**
 * The loss of a sample, and how it changes with every number in the network: ∂L/∂y and ∂L/∂z of each layer, ∂L/∂w of
 * each weight. Dropout does nothing and batch normalization uses its running statistics, as in a trained model; what
 * layers add to the loss counts, regularizers of weights do not.
 *
 * The loss is the one that the model was compiled with: of several outputs, that of one of them, times what it counts
 * in the sum that is trained.
 *
 * @param x one sample
 * @param target a class number, or the values of the output
 * @throws DataError on data of another shape; RangeError on a class that does not exist
 * @example
 * const { loss, layers, weights } = await inspect.gradients(lenet5({ seed: 0 }), image, 3);
 * weights.length; // 10
 * layers.at(-1).preActivationGradient.length; // 10
 */
export async function gradients(
  model: Inspectable,
  x: DataInput,
  target: Target,
  options: ObjectiveOptions = {},
): Promise<NetworkGradients> {
  const feeds = sampleOf(model, x, 'gradients');
  const objective = objectiveFor(model, target, 1, options, 'gradients');
  const { nodes } = nodesOf(model);
  const all = model.network.weights;
  const draw = () => {
    const { plan, ...drawing } = drawGradients(model, objective);
    plans.set(model.network, (plans.get(model.network) ?? new Map()).set(objectiveKey(objective), plan));
    return drawing;
  };
  const key = `gradients ${objectiveKey(objective)}`;
  const results = await run(model, key, draw, [...feeds, objective.values], options);
  const {
    onPath: reached,
    onPathBefore: reachedBefore,
    hasMask,
    adds,
  } = plans.get(model.network)!.get(objectiveKey(objective))!;
  const n = nodes.length;
  const [dValues, dBefore] = [results.slice(1, 1 + n), results.slice(1 + n, 1 + 2 * n)];
  const dWeights = results.slice(1 + 2 * n, 1 + 2 * n + all.length);
  const activations = readActivations(model, results.slice(1 + 2 * n + all.length), hasMask);
  const current = await readAll(all.map(({ weight }) => weight.variable));
  return {
    model: model.name,
    loss: results[0]![0]!,
    lossName: objective.loss.name,
    objective: described(model, objective, adds),
    activations,
    layers: nodes.map(({ id, layer, isInput, shapes }, i) => {
      const ends = !isInput && isWeighted(layer);
      return {
        id,
        type: isInput ? 'input' : layer.type,
        shape: shapes[0]!,
        values: activations.layers[i]!.values,
        gradient: reached[i] ? dValues[i]! : undefined,
        preActivation: activations.layers[i]!.preActivation,
        // Of one that the loss does not depend on there is none.
        preActivationGradient: ends && reachedBefore[i] ? dBefore[i]! : undefined,
      };
    }),
    weights: all.map(({ name, weight }, i) => ({
      name,
      shape: weight.variable.shape,
      trainable: weight.trainable,
      values: current[i]!,
      gradient: dWeights[i]!,
    })),
  };
}

/** Whether something is what {@link gradients} gave. */
export function isGradients(value: unknown): value is NetworkGradients {
  return typeof value === 'object' && value !== null && 'lossName' in value && 'weights' in value;
}

function described(
  model: Inspectable,
  { loss, weight, origin, output }: SampleObjective,
  adds: boolean,
): GradientLoss {
  const { fromLogits: _, ...config } = loss.config?.() ?? {};
  const { shape } = model.network.outputs[output]!;
  const described = {
    origin,
    name: loss.name,
    options: Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null && value !== 0)),
    weight,
    formula: `${lossFormula(loss, shape, weight)}${adds ? ', and what layers add' : ''}`,
    hasPenalties: model.network.weights.some(({ weight }) => weight.regularizer !== undefined),
  };
  return { ...described, words: lossInWords(described) };
}

function lossInWords({ origin, name, options, weight, hasPenalties }: Omit<GradientLoss, 'words'>): string {
  const loss = [name, ...Object.entries(options).map(([option, value]) => `${option} ${value}`)].join(', ');
  const times = weight === 1 ? '' : `, times ${weight}, what it counts in the sum of all losses`;
  const penalties = hasPenalties
    ? ' Penalties on the size of weights, which training adds to it, are left out.'
    : '';
  switch (origin) {
    case 'compiled':
      return `L is the loss that the network is trained with: ${loss}${times}.${penalties}`;
    case 'asked':
      return `L is the loss that was asked for: ${loss}${weight === 1 ? '' : `, times ${weight}`}.`;
    case 'untrained':
      return `This output was not trained, it has no loss: L is the default for such an output, ${loss}.`;
    case 'unknown':
      return `Nothing is known of how this network was trained: L is the default for such an output, ${loss}.`;
    default:
      return origin satisfies never;
  }
}

/** The loss of a batch as graph, as training has it: the mean over its samples and steps that count, and what layers add. */
export function lossOf(
  traced: TracedNetwork,
  model: Inspectable,
  objective: SampleObjective,
  target: Tensor,
) {
  const source = nodesOf(model).outputs[objective.output]!;
  const prediction = traced.values[source.node]![source.output]!;
  const mask = source.output === 0 ? traced.masks[source.node] : undefined;
  const own = meanLoss(objective.loss.call(target, prediction), undefined, mask, 'mask');
  return traced.losses.reduce((sum, loss) => add(sum, loss), times(own, objective.weight));
}

/** The loss of a sample in 64 bits, for weights and values that are moved a little. */
export function exactLoss(model: Inspectable, objective: SampleObjective, nudge: Nudge | undefined): Drawing {
  const traced = traceNodes(model, { weightsAsInputs: true, nudge });
  const target = targetInput(objective);
  const loss = lossOf(traced, model, objective, target);
  const weights = model.network.weights.map(({ weight }) => traced.weights.get(weight.variable)!);
  const delta = traced.delta ? [traced.delta] : [];
  return { inputs: [...traced.inputs, target, ...weights, ...delta], outputs: [loss] };
}

/** Gradients of the weights alone, for a batch. */
export async function batchGradients(
  model: Inspectable,
  x: DataInput,
  y: DataInput,
  options: ObjectiveOptions & { readonly training?: boolean | undefined; readonly seed?: number | undefined },
): Promise<{ loss: number; weights: Float32Array[] }> {
  const rows = samplesOf(model, x, 'gradients');
  const { count } = rows[0]!;
  const { training = true, seed = 0 } = options;
  const objective = objectiveFor(model, y, count, options, 'gradients');
  const draw = (): Drawing => {
    const traced = traceNodes(model, { count, training });
    const target = targetInput(objective);
    const loss = lossOf(traced, model, objective, target);
    const weights = model.network.weights.map(({ weight }) => traced.weights.get(weight.variable)!);
    return {
      inputs: [...traced.inputs, target],
      outputs: [loss, ...gradientsOf(loss, weights)],
      keys: traced.keys,
    };
  };
  const key = `batch gradients ${count} ${training} ${objectiveKey(objective)}`;
  const feeds = [...rows.map(({ data }) => data), objective.values];
  const [loss, ...weights] = await run(model, key, draw, feeds, options, seed);
  return { loss: loss![0]!, weights };
}

/** Which results the loss depends on, and which have masks. */
interface Plan {
  readonly onPath: readonly boolean[];
  readonly onPathBefore: readonly boolean[];
  readonly hasMask: readonly boolean[];
  /** Whether layers add to the loss. */
  readonly adds: boolean;
}

/** By network and objective. */
const plans = new WeakMap<Network, Map<string, Plan>>();

function drawGradients(model: Inspectable, objective: SampleObjective): Drawing & { plan: Plan } {
  const traced = traceNodes(model, { separate: true });
  const target = targetInput(objective);
  const loss = lossOf(traced, model, objective, target);
  const values = traced.values.map(([first]) => first!);
  const weights = model.network.weights.map(({ weight }) => traced.weights.get(weight.variable)!);
  const reached = ancestorsOf(loss);
  const all = [...values, ...traced.preActivations, ...weights];
  const derivatives = gradientsOf(loss, all);
  return {
    inputs: [...traced.inputs, target],
    outputs: [loss, ...derivatives, ...activationOutputs(traced)],
    plan: {
      onPath: values.map((value) => value.dtype === 'float32' && reached.has(value)),
      onPathBefore: traced.preActivations.map((z) => reached.has(z)),
      hasMask: seenMasks(traced),
      adds: traced.losses.length > 0,
    },
  };
}

function ancestorsOf(y: Tensor): ReadonlySet<Tensor> {
  const seen = new Set<Tensor>();
  const open = [y];
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    open.push(...node.inputs);
  }
  return seen;
}
