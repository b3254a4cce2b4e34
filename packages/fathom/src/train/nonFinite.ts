import { referenceBackend } from '../backends/reference/reference.ts';
import { GRADIENT } from '../ir/graph.ts';
import { formatShape, type Shape } from '../ir/shape.ts';
import type { NumericArray, Tensor, Variable } from '../ir/tensor.ts';
import { Trace } from '../nn/trace.ts';
import { gradients } from '../ops/index.ts';
import { load } from '../runtime.ts';
import type { Batch } from './batches.ts';
import { forward, LOSS, type Plan } from './graphs.ts';
import type { AnyModel } from './model.ts';
import type { BatchInput } from './options.ts';
import type { Trainer } from './trainer.ts';

/** Where a training step turned NaN or infinite. */
export interface NonFinite {
  /** Data that came in so, weights that were so before the step, a layer's results, the loss, or a gradient. */
  readonly phase: 'data' | 'weight' | 'forward' | 'loss' | 'backward';
  /** The layer, or for data and weights their name; undefined where it belongs to the loss. */
  readonly name: string | undefined;
  /** What was computed: the name of the op. */
  readonly op: string;
  readonly shape: Shape;
  /** The first value that is not finite, and its place; how many there are. */
  readonly value: number;
  readonly index: readonly number[];
  readonly count: number;
  /** All of it as a sentence. */
  readonly message: string;
}

/**
 * Where a training step with a batch turns NaN or infinite first: it is computed once on the reference backend, value
 * by value, and what ends in the loss or a gradient is followed back to the op where it began. Nothing is updated.
 *
 * Values that are not finite and do no harm, as those behind a mask, do not count.
 *
 * @returns undefined when loss and gradients are finite
 * @throws DataError as `fit`
 * @example
 * const found = await findNonFinite(model, [x, y]);
 * found?.message;
 */
export function findNonFinite(
  model: Pick<AnyModel, 'searchNonFinite'>,
  [x, y, sampleWeight]: BatchInput,
): Promise<NonFinite | undefined> {
  return model.searchNonFinite(x, y, sampleWeight === undefined ? {} : { sampleWeight });
}

/** The same for a batch of a run; `step` decides random bits. */
export async function searchStep(
  trainer: Trainer,
  batch: Batch,
  step: number,
): Promise<NonFinite | undefined> {
  const { plan } = trainer;
  const trace = new Trace({ training: true, trains: plan.trains });
  const { inputs, outputs } = forward(plan, batch, trace);
  const loss = outputs[0]!;
  const weights = plan.parameters.map(({ weight }) => trace.read(weight.variable));
  const ends = [loss, ...gradients(loss, weights)];
  const seen = new Map<Tensor, Spot>();
  const onValue = (node: Tensor, values: NumericArray) => {
    const spot = spotIn(values);
    if (spot) seen.set(node, spot);
  };
  const feeds = [...inputs, ...trace.keys.map(({ node }) => node)];
  const executable = await load({ inputs: feeds, outputs: ends, updates: [] }, referenceBackend({ onValue }));
  try {
    const data = [...batch.inputs, ...batch.targets, ...batch.weights];
    [...data, ...trainer.keysAt(step, trace.keys)].forEach((values, i) => {
      executable.write(i, values);
      // The backend tells of what it computes alone.
      const spot = spotIn(values);
      if (spot) seen.set(feeds[i]!, spot);
    });
    await executable.run();
  } finally {
    executable.dispose();
  }
  const origin = originOf(ends, seen);
  if (!origin) return undefined;
  return describe(origin, seen.get(origin)!, plan);
}

/** The first value that is not finite among some, and how many there are. */
interface Spot {
  readonly at: number;
  readonly value: number;
  readonly count: number;
}

function spotIn(values: ArrayLike<number>): Spot | undefined {
  let [at, count] = [-1, 0];
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]!)) continue;
    if (count++ === 0) at = i;
  }
  return count === 0 ? undefined : { at, value: values[at]!, count };
}

/** Of the nodes by which a bad end became bad, the first that had good operands. */
function originOf(ends: readonly Tensor[], seen: ReadonlyMap<Tensor, Spot>): Tensor | undefined {
  const guilty = new Set<Tensor>();
  const open = ends.filter((end) => seen.has(end));
  const origins: Tensor[] = [];
  for (let node = open.pop(); node; node = open.pop()) {
    if (guilty.has(node)) continue;
    guilty.add(node);
    const bad = node.inputs.filter((operand) => seen.has(operand));
    if (bad.length === 0) origins.push(node);
    open.push(...bad);
  }
  return origins.sort((a, b) => a.id - b.id)[0];
}

function describe(node: Tensor, { at, value, count }: Spot, plan: Plan): NonFinite {
  const { phase, name } = placeOf(node, plan);
  const index = indexOf(at, node.shape);
  const what = `${value} at ${formatShape(index)}, in ${count} of ${node.size} values of shape ${formatShape(node.shape)}`;
  const op = node.op.name;
  const messages = {
    data: `the data of '${name}' holds ${what}`,
    weight: `the weight ${name} holds ${what}`,
    forward: `layer '${name}' is where it begins: its ${op} gave ${what}`,
    loss: `the loss is where it begins: its ${op} gave ${what}; the results of all layers are finite`,
    backward: `${name === undefined ? 'the gradient of the loss' : `the gradient of layer '${name}'`} is where it begins: its ${op} gave ${what}; the loss is finite`,
  };
  return { phase, name, op, shape: node.shape, value, index, count, message: `${messages[phase]}.` };
}

/** Nodes say which layer they were drawn for, and gradients of what they are. */
function placeOf(node: Tensor, { network }: Plan): Pick<NonFinite, 'phase' | 'name'> {
  const { variable, name } = (node.attrs ?? {}) as { readonly variable?: Variable; readonly name?: string };
  if (variable) {
    const weight = network.weights.find((own) => own.weight.variable === variable);
    return { phase: 'weight', name: weight?.name ?? variable.name };
  }
  if (node.inputs.length === 0 && name !== undefined) return { phase: 'data', name };
  const { label = LOSS } = node;
  const isGradient = label.startsWith(GRADIENT);
  const of = isGradient ? label.slice(GRADIENT.length) : label;
  const layer = of === LOSS ? undefined : of;
  if (isGradient) return { phase: 'backward', name: layer };
  return { phase: layer === undefined ? 'loss' : 'forward', name: layer };
}

function indexOf(at: number, shape: Shape): number[] {
  const index: number[] = [];
  let rest = at;
  for (const extent of [...shape].reverse()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return index;
}
