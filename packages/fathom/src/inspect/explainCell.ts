import type { Shape } from '../ir/shape.ts';
import type { Variable } from '../ir/tensor.ts';
import type { BaseLayer } from '../nn/layer.ts';
import { ActivationLayer } from '../nn/layers/activation.ts';
import { BatchNormalization } from '../nn/layers/batchNormalization.ts';
import { ElementwiseMerge } from '../nn/layers/elementwiseMerge.ts';
import { Elu } from '../nn/layers/elu.ts';
import { Embedding } from '../nn/layers/embedding.ts';
import { LeakyRelu } from '../nn/layers/leakyRelu.ts';
import { Prelu } from '../nn/layers/prelu.ts';
import { Relu } from '../nn/layers/relu.ts';
import { Rescaling } from '../nn/layers/rescaling.ts';
import { Softmax } from '../nn/layers/softmax.ts';
import type { DataInput } from '../train/options.ts';
import { type Activations, activationsOf, type LayerActivation } from './activations.ts';
import { type Place, pointsAt } from './contraction.ts';
import { activationFormula, isRowWise } from './formulas.ts';
import { type Inspectable, type NetworkNode, nodeAt } from './nodes.ts';
import { type InspectOptions, readAll } from './session.ts';
import { isWeighted } from './trace.ts';
import { checkPlace, indexOf, isInside, type Wiring, wiringOf } from './wiring.ts';

/** One of the numbers that a result is made of. */
export interface Term {
  /** The layer that gives the input value. */
  readonly from: string;
  /** Where it stands there; outside of the sample for padding. */
  readonly place: Place;
  readonly isPadding: boolean;
  readonly value: number;
  readonly weight: { readonly name: string; readonly place: Place; readonly value: number } | undefined;
  /** What the term contributes: value · weight, or the value itself. */
  readonly product: number;
  /** Of max pooling: whether this is the value that won, the first of equal ones. */
  readonly wins: boolean | undefined;
}

/** A number that takes part and is no term: a statistic, a scale. */
export interface NamedNumber {
  readonly name: string;
  readonly value: number;
}

/** The last step of a result: y = activation(z). */
export interface ActivationStep {
  readonly name: string;
  readonly formula: string;
  readonly input: number;
  readonly output: number;
  /** Of softmax, the whole row: e^(z − max z) of each, and their sum. */
  readonly row:
    | {
        readonly z: readonly number[];
        readonly max: number;
        readonly powers: readonly number[];
        readonly total: number;
        /** Place of this result in the row. */
        readonly at: number;
      }
    | undefined;
}

/** One number of a layer's result, taken apart. */
export interface CellExplanation {
  readonly layer: string;
  readonly type: string;
  readonly place: Place;
  readonly kind:
    | 'input'
    | 'sum'
    | 'max'
    | 'mean'
    | 'move'
    | 'activation'
    | 'normalization'
    | 'merge'
    | 'scale'
    | 'lookup'
    | 'unknown';
  /** What is computed, in one line. */
  readonly formula: string;
  readonly terms: readonly Term[];
  /** The products of each input channel, summed; of sums over windows. */
  readonly channels: readonly { readonly channel: number; readonly sum: number }[];
  readonly bias: NamedNumber | undefined;
  readonly numbers: readonly NamedNumber[];
  /** What the terms, numbers and bias come to, computed here in 64 bits; undefined where no form is known. */
  readonly sum: number | undefined;
  readonly activation: ActivationStep | undefined;
  /** The library's own result. */
  readonly value: number;
  /** Says what to make of it where a layer does something else while training, or where no form is known. */
  readonly note: string | undefined;
}

/**
 * One number of a layer's result, unfolded: for convolutions of every stride, padding, dilation and grouping, dense,
 * depthwise, transposed and locally connected layers the products, padding zeros included, and the bias
 *
 *     z = Σ x·w + b,  y = activation(z)
 *
 * for pooling the window and which value won, for activations, batch normalization and merges their numbers, for
 * layers that only move numbers where this one comes from. Of other layers the value alone, and a note that says so.
 *
 * @param x a sample, or what {@link activations} gave for it, so that nothing is computed again
 * @param layer its id, or its place among the nodes
 * @param place where in the layer's result: [row, column, channel] of a map, [unit] of a dense layer
 * @throws RangeError on a layer or place that does not exist
 * @example
 * const cell = await inspect.explainCell(lenet5(), image, 'conv2d', [0, 0, 5]);
 * cell.terms.length; // 25
 * cell.terms.filter(({ isPadding }) => isPadding).length; // 16
 */
export async function explainCell(
  model: Inspectable,
  x: DataInput | Activations,
  layer: string | number,
  place: Place,
  options: InspectOptions = {},
): Promise<CellExplanation> {
  const node = nodeAt(model, layer);
  const [shape] = node.shapes as [Shape];
  checkPlace(place, shape, `explainCell: ${node.id}`);
  const all = await activationsOf(model, x, options);
  const cell = new Cell(all, node, place);
  const wiring = await wiringOf(node);
  if (wiring?.kind === 'sum') return ofSum(cell, wiring);
  if (wiring?.kind === 'max' || wiring?.kind === 'mean') return ofWindow(cell, wiring);
  if (wiring?.kind === 'move') return ofMove(cell, wiring);
  return ofLayer(cell);
}

/** What explanations of one cell share. */
class Cell {
  readonly node: NetworkNode;
  readonly place: Place;
  readonly own: LayerActivation;
  readonly value: number;
  readonly #all: Activations;

  constructor(all: Activations, node: NetworkNode, place: Place) {
    this.#all = all;
    this.node = node;
    this.place = place;
    this.own = all.layers[node.index]!;
    this.value = this.own.values[indexOf(place, this.own.shape)]!;
  }

  /** The name and the values of an input. */
  input(at: number): { readonly id: string; readonly shape: Shape; readonly values: Float32Array } {
    const { node, output } = this.node.sources[at]!;
    const { id, values, others } = this.#all.layers[node]!;
    const shape = this.node.inputShapes[at]!;
    return { id, shape, values: output === 0 ? values : others[output - 1]!.values };
  }

  term(at: number, place: Place, weight?: Term['weight']): Term {
    const { id, shape, values } = this.input(at);
    const isPadding = !isInside(place, shape);
    const value = isPadding ? 0 : values[indexOf(place, shape)]!;
    const product = weight ? value * weight.value : value;
    return { from: id, place, isPadding, value, weight, product, wins: undefined };
  }

  result(
    kind: CellExplanation['kind'],
    formula: string,
    parts: Partial<CellExplanation> = {},
  ): CellExplanation {
    return {
      layer: this.node.id,
      type: this.own.type,
      place: [...this.place],
      kind,
      formula,
      terms: [],
      channels: [],
      bias: undefined,
      numbers: [],
      sum: undefined,
      activation: undefined,
      note: undefined,
      ...parts,
      value: this.value,
    };
  }
}

async function ofSum(cell: Cell, wiring: Wiring & { kind: 'sum' }): Promise<CellExplanation> {
  const { contraction, kernel, bias, biasPlace } = wiring;
  const [weights, biases] = await readAll(bias ? [kernel, bias] : [kernel]);
  const terms = pointsAt(contraction, 'y', cell.place).map(({ x, w }) =>
    cell.term(0, x, {
      name: kernel.name,
      place: w!,
      value: weights![indexOf(w!, kernel.shape)]!,
    }),
  );
  const offset = bias && biases![indexOf(biasPlace(cell.place), bias.shape)]!;
  const sum = terms.reduce((total, { product }) => total + product, 0) + (offset ?? 0);
  const z = cell.own.preActivation?.[indexOf(cell.place, cell.own.shape)] ?? sum;
  const { layer } = cell.node;
  const name = isWeighted(layer) ? layer.activation.name : undefined;
  const symbol = bias ? 'z = Σ x·w + b' : 'z = Σ x·w';
  return cell.result('sum', `${symbol}, ${activationFormula(name)}`, {
    terms,
    channels: cell.node.inputShapes[0]!.length > 1 ? byChannel(terms) : [],
    bias: offset === undefined ? undefined : { name: bias!.name, value: offset },
    sum,
    activation: activationStep(cell, name ?? 'own function', activationFormula(name), z, isRowWise(name)),
  });
}

function ofWindow(cell: Cell, { kind, contraction }: Wiring & { kind: 'max' | 'mean' }): CellExplanation {
  const all = pointsAt(contraction, 'y', cell.place).map(({ x }) => cell.term(0, x));
  const inside = all.filter(({ isPadding }) => !isPadding);
  if (kind === 'mean') {
    const sum = inside.reduce((total, { value }) => total + value, 0) / inside.length;
    return cell.result('mean', `y = (Σ x) / ${inside.length}`, {
      terms: all,
      sum,
      numbers: [{ name: 'values in the window', value: inside.length }],
      note: all.length > inside.length ? 'Places outside of the sample do not count.' : undefined,
    });
  }
  const largest = inside.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const winner = all.findIndex(({ isPadding, value }) => !isPadding && value === largest);
  return cell.result('max', 'y = max x', {
    terms: all.map((term, i) => ({ ...term, wins: i === winner })),
    sum: largest,
    note: all.length > inside.length ? 'Places outside of the sample never win.' : undefined,
  });
}

function ofMove(cell: Cell, { from, isIdentity }: Wiring & { kind: 'move' }): CellExplanation {
  const source = from(cell.place);
  const isNoise = isIdentity && 'rate' in cell.node.layer;
  return cell.result('move', source ? 'y = x' : 'y = 0', {
    terms: source ? [cell.term(source.input, source.place)] : [],
    sum: source ? cell.term(source.input, source.place).value : 0,
    note: isNoise
      ? `While training, ${cell.own.type} changes this value at random; a trained model lets it pass.`
      : source
        ? undefined
        : 'A place that the layer fills with 0.',
  });
}

async function ofLayer(cell: Cell): Promise<CellExplanation> {
  const { layer, isInput } = cell.node;
  if (isInput) return cell.result('input', 'x', { sum: cell.value });
  if (layer instanceof BatchNormalization) return ofBatchNorm(cell, layer);
  if (layer instanceof Rescaling) {
    const term = cell.term(0, cell.place);
    const { scale, offset } = layer;
    return cell.result('scale', 'y = x·scale + offset', {
      terms: [term],
      numbers: [
        { name: 'scale', value: scale },
        { name: 'offset', value: offset },
      ],
      sum: term.value * scale + offset,
    });
  }
  if (layer instanceof Embedding) {
    const { value } = cell.term(0, cell.place.slice(0, -1));
    const row = [Math.trunc(value), cell.place.at(-1)!];
    const [table] = await readAll([layer.embeddings!]);
    return cell.result('lookup', 'y = embeddings[x]', {
      terms: [cell.term(0, cell.place.slice(0, -1))],
      numbers: [
        { name: `${layer.embeddings!.name}[${row}]`, value: table![indexOf(row, layer.embeddings!.shape)]! },
      ],
      sum: table![indexOf(row, layer.embeddings!.shape)]!,
    });
  }
  const merge = layer instanceof ElementwiseMerge ? MERGES[layer.type] : undefined;
  if (merge) {
    const terms = cell.node.inputShapes.map((shape, i) => cell.term(i, repeated(cell.place, shape)));
    return cell.result('merge', merge.formula, { terms, sum: merge.of(terms.map(({ value }) => value)) });
  }
  return (await ofActivation(cell, layer)) ?? unknown(cell);
}

async function ofBatchNorm(cell: Cell, layer: BatchNormalization): Promise<CellExplanation> {
  const { movingMean, movingVariance, gamma, beta, epsilon } = layer;
  const at = cell.place.at(-1)!;
  const read = async (variable: Variable | undefined) =>
    variable ? (await readAll([variable]))[0]![at] : undefined;
  const [mean, variance] = [(await read(movingMean))!, (await read(movingVariance))!];
  const [scale, shift] = [await read(gamma), await read(beta)];
  const term = cell.term(0, cell.place);
  const numbers = [
    { name: movingMean!.name, value: mean },
    { name: movingVariance!.name, value: variance },
    { name: 'epsilon', value: epsilon },
    ...(scale === undefined ? [] : [{ name: gamma!.name, value: scale }]),
    ...(shift === undefined ? [] : [{ name: beta!.name, value: shift }]),
  ];
  const sum = ((scale ?? 1) * (term.value - mean)) / Math.sqrt(variance + epsilon) + (shift ?? 0);
  return cell.result('normalization', 'y = gamma·(x − mean) / √(variance + epsilon) + beta', {
    terms: [term],
    numbers,
    sum,
    note: 'While training, mean and variance are those of the batch; here they are the running ones.',
  });
}

async function ofActivation(cell: Cell, layer: BaseLayer): Promise<CellExplanation | undefined> {
  const step = await stepOf(cell, layer);
  if (!step) return undefined;
  const { name, formula, isRow } = step;
  const term = cell.term(0, cell.place);
  return cell.result('activation', formula, {
    terms: [term],
    numbers: step.numbers ?? [],
    sum: term.value,
    activation: activationStep(cell, name, formula, term.value, isRow, cell.input(0).values),
  });
}

interface StepKind {
  readonly name: string;
  readonly formula: string;
  readonly isRow: boolean;
  readonly numbers?: readonly NamedNumber[];
}

async function stepOf(cell: Cell, layer: BaseLayer): Promise<StepKind | undefined> {
  if (layer instanceof ActivationLayer) {
    const { name } = layer.activation;
    return { name: name ?? 'own function', formula: activationFormula(name), isRow: isRowWise(name) };
  }
  if (layer instanceof Softmax) {
    const isLast = layer.axis === -1 || layer.axis === cell.own.shape.length;
    return isLast ? { name: 'softmax', formula: activationFormula('softmax'), isRow: true } : undefined;
  }
  if (layer instanceof Relu) {
    const { maxValue, negativeSlope, threshold } = layer;
    const below = negativeSlope === 0 ? '0' : `${negativeSlope}·(z − ${threshold})`;
    const plain =
      threshold === 0 && negativeSlope === 0 ? 'max(0, z)' : `z where z > ${threshold}, else ${below}`;
    return {
      name: 'relu',
      formula: `y = ${maxValue === null ? plain : `min(${plain}, ${maxValue})`}`,
      isRow: false,
    };
  }
  if (layer instanceof LeakyRelu) {
    return { name: 'leakyRelu', formula: `y = z where z > 0, else ${layer.negativeSlope}·z`, isRow: false };
  }
  if (layer instanceof Elu) {
    return { name: 'elu', formula: `y = z where z > 0, else ${layer.alpha}·(e^z − 1)`, isRow: false };
  }
  if (layer instanceof Prelu) {
    const { name, shape } = layer.alpha!;
    const [slopes] = await readAll([layer.alpha!]);
    const value = slopes![indexOf(repeated(cell.place, shape), shape)]!;
    return {
      name: 'prelu',
      formula: 'y = z where z > 0, else alpha·z',
      isRow: false,
      numbers: [{ name, value }],
    };
  }
  return undefined;
}

function unknown(cell: Cell): CellExplanation {
  return cell.result('unknown', 'y', {
    note: `No unfolded form of ${cell.own.type} is known; here is its value alone.`,
  });
}

function activationStep(
  cell: Cell,
  name: string,
  formula: string,
  input: number,
  isRow: boolean,
  before: Float32Array | undefined = cell.own.preActivation,
): ActivationStep {
  const step = { name, formula, input, output: cell.value };
  if (!isRow || !before) return { ...step, row: undefined };
  const size = cell.own.shape.at(-1)!;
  const at = cell.place.at(-1)!;
  const start = indexOf(cell.place, cell.own.shape) - at;
  const z = [...before.subarray(start, start + size)];
  const max = Math.max(...z);
  const powers = z.map((value) => Math.exp(value - max));
  return { ...step, row: { z, max, powers, total: powers.reduce((a, b) => a + b, 0), at } };
}

/** The sums of the products of each input channel. */
function byChannel(terms: readonly Term[]): CellExplanation['channels'] {
  const sums = new Map<number, number>();
  for (const { place, product } of terms) {
    const channel = place.at(-1)!;
    sums.set(channel, (sums.get(channel) ?? 0) + product);
  }
  return Array.from(sums, ([channel, sum]) => ({ channel, sum })).sort((a, b) => a.channel - b.channel);
}

/** A place of a result in an input whose axes repeat where their extent is 1. */
function repeated(place: Place, shape: Shape): number[] {
  const ahead = place.length - shape.length;
  return shape.map((extent, d) => (extent === 1 ? 0 : place[ahead + d]!));
}

const MERGES: Readonly<
  Record<string, { readonly formula: string; readonly of: (values: readonly number[]) => number }>
> = {
  add: { formula: 'y = Σ x', of: (values) => values.reduce((a, b) => a + b, 0) },
  subtract: { formula: 'y = x₁ − x₂', of: ([a, b]) => a! - b! },
  multiply: { formula: 'y = Π x', of: (values) => values.reduce((a, b) => a * b, 1) },
  average: {
    formula: 'y = (Σ x) / n',
    of: (values) => values.reduce((a, b) => a + b, 0) / values.length,
  },
  maximum: { formula: 'y = max x', of: (values) => Math.max(...values) },
  minimum: { formula: 'y = min x', of: (values) => Math.min(...values) },
};
