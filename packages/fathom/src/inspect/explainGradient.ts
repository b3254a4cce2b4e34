import type { Shape } from '../ir/shape.ts';
import type { Dense } from '../nn/layers/dense.ts';
import { input } from '../ops/index.ts';
import type { DataInput } from '../train/options.ts';
import type { Place } from './contraction.ts';
import { isRowWise } from './formulas.ts';
import { exactLoss, gradients, type NetworkGradients } from './gradients.ts';
import {
  biasTerms,
  columnTerms,
  type GradientTerm,
  kernelTerms,
  readerTerms,
  term,
  total,
} from './gradientTerms.ts';
import { column } from './jacobian.ts';
import { consumersOf, type Inspectable, nodeAt, nodesOf } from './nodes.ts';
import {
  endsIn,
  type ObjectiveOptions,
  objectiveFor,
  type SampleObjective,
  type Target,
} from './objective.ts';
import { exactRunner, readAll, sampleOf } from './session.ts';
import { isWeighted, type Nudge } from './trace.ts';
import { checkPlace, indexOf, placeAt, wiringOf } from './wiring.ts';

/** Which gradient is to be explained. */
export type GradientOf =
  /** ∂L/∂w of one weight, by its name as in a saved model: `conv2d/kernel`. */
  | { readonly weight: string; readonly place: Place }
  /** ∂L/∂y of one result of a layer, or of the network's input. */
  | { readonly layer: string | number; readonly place: Place }
  /** ∂L/∂z of one number before the activation of a layer. */
  | { readonly preActivation: string | number; readonly place: Place };

/** One gradient, taken apart. */
export interface GradientExplanation {
  readonly kind: 'weight' | 'value' | 'preActivation';
  readonly name: string;
  readonly place: Place;
  readonly formula: string;
  readonly terms: readonly GradientTerm[];
  /**
   * Of the last layer before a cross-entropy: prediction and target, whose difference the gradient is, times a factor:
   * what the loss counts, divided by the numbers over which it is a mean.
   */
  readonly difference:
    | { readonly prediction: number; readonly target: number; readonly factor: number }
    | undefined;
  /** What the terms come to; undefined where no form is known. */
  readonly sum: number | undefined;
  /** The library's own gradient. */
  readonly value: number;
  /** (L(v + ε) − L(v − ε)) / 2ε in 64 bits, the same by trying it out. */
  readonly check: number;
  readonly epsilon: number;
  readonly note: string | undefined;
}

/**
 * One gradient, unfolded into all the ways by which its number changes the loss:
 *
 *     ∂L/∂w = Σ over places  x · ∂L/∂z        ∂L/∂x = Σ over results  w · ∂L/∂z
 *
 * The first is a sum over all places at which a shared weight is used; the second is the full correlation with the
 * kernel turned round, taken over all layers that read x. Max pooling passes the gradient to the value that won, and
 * softmax with cross-entropy begins it with p − y. Beside it stands what a small step both ways gives: at the kink of
 * a ReLU or a tie the two differ.
 *
 * @param x one sample
 * @param target a class number, or the values of the output
 * @param computed what {@link gradients} gave for them, so that it is not computed again
 * @throws RangeError on a weight, layer or place that does not exist
 * @example
 * const network = lenet5({ seed: 0 });
 * const { terms, sum, check } = await inspect.explainGradient(network, image, 3, {
 *   weight: 'conv2d/kernel',
 *   place: [0, 0, 0, 0],
 * });
 * terms.length; // 784
 */
export async function explainGradient(
  model: Inspectable,
  x: DataInput,
  target: Target,
  of: GradientOf,
  options: ObjectiveOptions = {},
  computed?: NetworkGradients,
): Promise<GradientExplanation> {
  const feeds = sampleOf(model, x, 'explainGradient');
  const objective = objectiveFor(model, target, 1, options, 'explainGradient');
  const all = computed ?? (await gradients(model, x, target, options));
  const explained =
    'weight' in of
      ? await ofWeight(model, all, of)
      : 'preActivation' in of
        ? await ofPreActivation(model, all, objective, of)
        : await ofValue(model, all, objective, of);
  const check = await difference(model, feeds, objective, of);
  return { ...explained, place: [...of.place], check, epsilon: EPSILON };
}

type Explained = Omit<GradientExplanation, 'check' | 'epsilon' | 'place'>;

/** Small against the numbers of a network, and large against the rounding of 64 bits. */
const EPSILON = 1e-5;

async function ofWeight(
  model: Inspectable,
  all: NetworkGradients,
  { weight: name, place }: GradientOf & { weight: string },
): Promise<Explained> {
  const weight = all.weights.find((one) => one.name === name);
  if (!weight) {
    throw new RangeError(
      `explainGradient: expected one of the weights ${all.weights.map((one) => one.name).join(', ')}; received ${JSON.stringify(name)}.`,
    );
  }
  checkPlace(place, weight.shape, `explainGradient: ${name}`);
  const { variable } = model.network.weights.find((one) => one.name === name)!.weight;
  const terms: GradientTerm[] = [];
  const unknown: string[] = [];
  const kinds = new Set<'kernel' | 'bias' | 'other'>();
  const { nodes } = nodesOf(model);
  for (const node of nodes) {
    if (!node.layer.weights.some((own) => own.variable === variable)) continue;
    const wiring = await wiringOf(node);
    if (wiring?.kind === 'sum' && wiring.kernel === variable) {
      kinds.add('kernel');
      terms.push(...kernelTerms(all, node, wiring, place));
    } else if (wiring?.kind === 'sum' && wiring.bias === variable) {
      kinds.add('bias');
      terms.push(...biasTerms(all, node, wiring, place));
    } else {
      kinds.add('other');
      const found = await columnTerms(nodes, all, node, { weight: variable, place });
      if (found) terms.push(...found);
      else unknown.push(node.id);
    }
  }
  const formula = kinds.has('other')
    ? '∂L/∂w = Σ ∂y/∂w·∂L/∂y'
    : kinds.has('bias')
      ? '∂L/∂b = Σ ∂L/∂z'
      : '∂L/∂w = Σ x·∂L/∂z';
  const value = weight.gradient[indexOf(place, weight.shape)]!;
  return whole({ kind: 'weight', name, formula, terms, value }, unknown);
}

/** An explanation whose terms come to the value; without them where they are not known, or come to something else. */
function whole(
  parts: Pick<Explained, 'kind' | 'name' | 'formula' | 'terms' | 'value'>,
  unknown: readonly string[],
): Explained {
  const { name, terms, value } = parts;
  const sum = total(terms);
  const size = terms.reduce((most, { product }) => Math.max(most, Math.abs(product)), Math.abs(value));
  const isSame = Math.abs(sum - value) <= TOLERANCE * size + SMALLEST;
  if (unknown.length === 0 && isSame) return { ...parts, difference: undefined, sum, note: undefined };
  const note =
    unknown.length > 0
      ? `No unfolded form of the gradient of ${name} through ${unknown.join(', ')} is known; here is its value alone.`
      : `The loss takes ${name} in by another way than through the layers behind it; here is its value alone.`;
  return { ...parts, terms: [], difference: undefined, sum: undefined, note };
}

/** 32 bits and the order of sums leave a little room. */
const TOLERANCE = 1e-3;
const SMALLEST = 1e-7;

async function ofValue(
  model: Inspectable,
  all: NetworkGradients,
  objective: SampleObjective,
  { layer, place }: GradientOf & { layer: string | number },
): Promise<Explained> {
  const node = nodeAt(model, layer);
  const [shape] = node.shapes as [Shape];
  checkPlace(place, shape, `explainGradient: ${node.id}`);
  const own = all.layers[node.index]!;
  const begins = logitsOf(model, all, objective);
  if (begins?.node === node.index && begins.at === 'value') {
    const index = indexOf(place, shape);
    const value = own.gradient![index]!;
    const parts = fromLoss(own.values, shape, index, objective, begins.squash);
    return { kind: 'value', name: node.id, value, note: undefined, ...parts };
  }
  const readers = consumersOf(model, node);
  const base = { kind: 'value', name: node.id, formula: '∂L/∂x = Σ w·∂L/∂z', terms: [] } as const;
  const value = own.gradient?.[indexOf(place, shape)] ?? Number.NaN;
  if (readers.length === 0) {
    const note = `${node.id} ends the network: its gradient is that of the loss itself${own.gradient ? '' : ', which takes it before the activation'}.`;
    return { ...base, formula: '∂L/∂y', value, difference: undefined, sum: undefined, note };
  }
  if (!own.gradient) {
    const note = `The loss does not come from ${node.id}: it is that of another output.`;
    return { ...base, value, difference: undefined, sum: undefined, note };
  }
  const terms: GradientTerm[] = [];
  const unknown: string[] = [];
  for (const reader of readers) {
    const found = await readerTerms(nodesOf(model).nodes, all, node, reader, place);
    if (found) terms.push(...found);
    else unknown.push(reader.id);
  }
  return whole({ ...base, terms, value }, unknown);
}

async function ofPreActivation(
  model: Inspectable,
  all: NetworkGradients,
  objective: SampleObjective,
  { preActivation, place }: GradientOf & { preActivation: string | number },
): Promise<Explained> {
  const node = nodeAt(model, preActivation);
  const [shape] = node.shapes as [Shape];
  checkPlace(place, shape, `explainGradient: ${node.id}`);
  const own = all.layers[node.index]!;
  const index = indexOf(place, shape);
  if (!own.preActivationGradient) {
    throw new RangeError(
      `explainGradient: expected a layer with an activation of its own, as dense or conv2d; received ${node.id} (${own.type}). Ask for its value instead.`,
    );
  }
  const value = own.preActivationGradient[index]!;
  const base = { kind: 'preActivation', name: node.id, terms: [], value, note: undefined } as const;
  const begins = logitsOf(model, all, objective);
  if (begins?.node === node.index && begins.at === 'preActivation') {
    return { ...base, ...fromLoss(own.preActivation!, shape, index, objective, begins.squash) };
  }
  if (!own.gradient) {
    const note = 'The loss is computed from z itself; here is the value alone.';
    return { ...base, formula: '∂L/∂z', difference: undefined, sum: undefined, note };
  }
  const { activation } = node.layer as Dense;
  const z = input('z', [1, ...shape]);
  const slopes = await column(activation.apply(z), z, index, [z], [own.preActivation!]);
  const terms = Array.from(slopes).flatMap((slope, i) =>
    slope === 0 && i !== index ? [] : [term(node.id, placeAt(i, shape), own.gradient![i]!, slope)],
  );
  const formula = isRowWise(activation.name) ? '∂L/∂zᵢ = Σⱼ ∂yⱼ/∂zᵢ·∂L/∂yⱼ' : '∂L/∂z = activation′(z)·∂L/∂y';
  return { ...base, formula, terms, difference: undefined, sum: total(terms) };
}

/**
 * p − y, where softmax and cross-entropy meet, or sigmoid and its own; times what the loss counts, and divided by the
 * numbers over which it is a mean: the places of a map, and all outputs of sigmoid.
 */
function fromLoss(z: Float32Array, shape: Shape, index: number, objective: SampleObjective, squash: Squash) {
  const size = shape.at(-1)!;
  const start = index - (index % size);
  const isRow = squash === 'softmax';
  const prediction = isRow
    ? softmax(z.subarray(start, start + size))[index % size]!
    : 1 / (1 + Math.exp(-z[index]!));
  const target = objective.isLabel
    ? Number(objective.values[Math.floor(index / size)] === index % size)
    : objective.values[index]!;
  const count = isRow ? z.length / size : z.length;
  const { weight } = objective;
  const difference = weight === 1 && count === 1 ? 'p − y' : '(p − y)';
  const scaled = weight === 1 ? difference : `${String(weight).replace('-', '−')}·${difference}`;
  const factor = weight / count;
  return {
    formula: `∂L/∂z = ${scaled}${count === 1 ? '' : ` / ${count}`}`,
    terms: [],
    difference: { prediction, target, factor },
    sum: factor * (prediction - target),
  };
}

type Squash = 'softmax' | 'sigmoid';

/** Where the logits of a plain cross-entropy stand, undefined for another loss. */
function logitsOf(
  model: Inspectable,
  all: NetworkGradients,
  { loss, output, isLabel, values, shape }: SampleObjective,
): (Nudge & { readonly squash: Squash }) | undefined {
  const { nodes, outputs } = nodesOf(model);
  const last = nodes[outputs[output]!.node]!;
  const squash = loss.name === 'binaryCrossentropy' ? 'sigmoid' : 'softmax';
  const plain =
    squash === 'sigmoid' ||
    loss.name === 'sparseCategoricalCrossentropy' ||
    loss.name === 'categoricalCrossentropy';
  const config = loss.config?.() ?? {};
  if (!plain || config.labelSmoothing || typeof config.ignoreClass === 'number') return undefined;
  // Where some steps do not count, the mean is over the others; and p − y needs targets that come to 1.
  if (all.activations.layers[last.index]!.mask) return undefined;
  if (squash === 'softmax' && !isLabel && !sumsToOne(values, shape.at(-1)!)) return undefined;
  if (loss.fromLogits) {
    const isLinear = isWeighted(last.layer) && last.layer.activation.name === 'linear';
    return { node: last.index, at: isLinear ? 'preActivation' : 'value', squash };
  }
  if (!endsIn(model, squash, output)) return undefined;
  return isWeighted(last.layer)
    ? { node: last.index, at: 'preActivation', squash }
    : { node: last.sources[0]!.node, at: 'value', squash };
}

function sumsToOne(values: ArrayLike<number>, size: number): boolean {
  const sums = new Array<number>(values.length / size).fill(0);
  for (let i = 0; i < values.length; i++) sums[Math.floor(i / size)]! += values[i]!;
  return sums.every((sum) => Math.abs(sum - 1) < TOLERANCE);
}

/** The loss a step further and a step back, in 64 bits. */
async function difference(
  model: Inspectable,
  feeds: readonly ArrayLike<number>[],
  objective: SampleObjective,
  of: GradientOf,
): Promise<number> {
  const { weights } = model.network;
  const node = 'weight' in of ? undefined : nodeAt(model, 'layer' in of ? of.layer : of.preActivation);
  const nudge: Nudge | undefined = node && {
    node: node.index,
    at: 'layer' in of ? 'value' : 'preActivation',
  };
  const values = (await readAll(weights.map(({ weight }) => weight.variable))).map((one) =>
    Float64Array.from(one),
  );
  const delta = node && new Float64Array(node.shapes[0]!.reduce((size, extent) => size * extent, 1));
  const at = 'weight' in of ? weights.findIndex(({ name }) => name === of.weight) : -1;
  const moved = node ? delta! : values[at]!;
  const index = indexOf(of.place, node ? node.shapes[0]! : weights[at]!.weight.variable.shape);
  const [evaluate] = await exactRunner(exactLoss(model, objective, nudge));
  const lossAt = async (step: number) => {
    const before = moved[index]!;
    moved[index] = before + step;
    const [loss] = await evaluate([...feeds, objective.values, ...values, ...(delta ? [delta] : [])]);
    moved[index] = before;
    return loss![0]!;
  };
  return ((await lossAt(EPSILON)) - (await lossAt(-EPSILON))) / (2 * EPSILON);
}

function softmax(z: ArrayLike<number>): number[] {
  const list = Array.from(z);
  const most = Math.max(...list);
  const powers = list.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
