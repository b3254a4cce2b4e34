import { type Shape, sizeOf } from '../../ir/shape.ts';
import type { Variable } from '../../ir/tensor.ts';
import type { Activations, LayerActivation } from '../activations.ts';
import type { Place } from '../contraction.ts';
import { activationFormula, isRowWise } from '../formulas.ts';
import type { NetworkNode } from '../nodes.ts';
import { readAll } from '../session.ts';
import { indexOf, isInside } from '../wiring.ts';

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

/** A number on the way to a result that is a sum itself: a gate of an LSTM, a head of attention, a mean. */
export interface CellPart {
  readonly name: string;
  readonly formula: string;
  readonly terms: readonly Term[];
  readonly bias: NamedNumber | undefined;
  /** What terms and bias come to. */
  readonly sum: number;
  /** Undefined where the part is the sum itself. */
  readonly activation: ActivationStep | undefined;
  readonly value: number;
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
    | 'recurrence'
    | 'attention'
    | 'unknown';
  /** What is computed, in one line. */
  readonly formula: string;
  readonly terms: readonly Term[];
  /** The products of each input channel, summed; of sums over windows. */
  readonly channels: readonly { readonly channel: number; readonly sum: number }[];
  readonly bias: NamedNumber | undefined;
  readonly numbers: readonly NamedNumber[];
  /** Numbers on the way, each taken apart, in the order in which they are computed. */
  readonly parts: readonly CellPart[];
  /** What the terms, parts, numbers and bias come to, computed here in 64 bits; undefined where no form is known. */
  readonly sum: number | undefined;
  readonly activation: ActivationStep | undefined;
  /** The library's own result. */
  readonly value: number;
  /** Says what to make of it where a layer does something else while training, or where no form is known. */
  readonly note: string | undefined;
}

/** The values of one input of a layer. */
export interface CellInput {
  readonly id: string;
  readonly shape: Shape;
  readonly values: Float32Array;
  /** Of sequences with steps that do not count: 1 where one counts. */
  readonly mask: Float32Array | undefined;
}

/** One number that is to be taken apart: of a layer, or of a layer inside another one at one of its steps. */
export class Cell {
  readonly node: NetworkNode;
  /** In the result of the layer. */
  readonly place: Place;
  /** The layer's result. */
  readonly own: Pick<LayerActivation, 'type' | 'shape' | 'values' | 'preActivation'>;
  readonly value: number;
  /** What is before the places of input and result in the network: the step of a layer that works step by step. */
  readonly prefix: Place;
  readonly #inputs: readonly CellInput[];

  constructor(
    node: NetworkNode,
    place: Place,
    own: Cell['own'],
    inputs: readonly CellInput[],
    prefix: Place = [],
  ) {
    this.node = node;
    this.place = place;
    this.own = own;
    this.prefix = prefix;
    this.#inputs = inputs;
    this.value = own.values[indexOf(place, own.shape)]!;
  }

  /** The cell of a node of a network. */
  static of(all: Activations, node: NetworkNode, place: Place): Cell {
    const inputs = node.sources.map(({ node: from, output }, i) => {
      const { id, values, others, mask } = all.layers[from]!;
      const shape = node.inputShapes[i]!;
      return { id, shape, values: output === 0 ? values : others[output - 1]!.values, mask };
    });
    return new Cell(node, place, all.layers[node.index]!, inputs);
  }

  /** The same for a layer that the one of this cell uses at one step of its input. */
  atStep(node: NetworkNode): Cell {
    const [step, ...place] = this.place as [number, ...number[]];
    const { own } = this;
    const { id, shape, values } = this.input(0);
    const [inner, outer] = [shape.slice(1), own.shape.slice(1)];
    const part = (list: Float32Array, size: number) => list.subarray(step * size, (step + 1) * size);
    return new Cell(
      node,
      place,
      { ...own, shape: outer, values: part(own.values, sizeOf(outer)), preActivation: undefined },
      [{ id, shape: inner, values: part(values, sizeOf(inner)), mask: undefined }],
      [...this.prefix, step],
    );
  }

  input(at: number): CellInput {
    return this.#inputs[at]!;
  }

  get inputCount(): number {
    return this.#inputs.length;
  }

  term(at: number, place: Place, weight?: Term['weight']): Term {
    const { id, shape, values } = this.input(at);
    const isPadding = !isInside(place, shape);
    const value = isPadding ? 0 : values[indexOf(place, shape)]!;
    return this.termOf(id, [...this.prefix, ...place], value, weight, isPadding);
  }

  /** A term whose value is no result of a layer but one that is made inside this one. */
  termOf(from: string, place: Place, value: number, weight?: Term['weight'], isPadding = false): Term {
    const product = weight ? value * weight.value : value;
    return { from, place, isPadding, value, weight, product, wins: undefined };
  }

  result(
    kind: CellExplanation['kind'],
    formula: string,
    parts: Partial<CellExplanation> = {},
  ): CellExplanation {
    return {
      layer: this.node.id,
      type: this.own.type,
      place: [...this.prefix, ...this.place],
      kind,
      formula,
      terms: [],
      channels: [],
      bias: undefined,
      numbers: [],
      parts: [],
      sum: undefined,
      activation: undefined,
      note: undefined,
      ...parts,
      value: this.value,
    };
  }

  /** The value alone, and why there is no more. */
  unknown(why: string): CellExplanation {
    return this.result('unknown', 'y', { note: `${why} Here is the value alone.` });
  }
}

/** What terms, and a bias, come to. */
export function sumOf(terms: readonly Term[], bias = 0): number {
  return terms.reduce((total, { product }) => total + product, 0) + bias;
}

/** The last step of a result, whose input is `z`; of softmax with the row that it is taken from. */
export function activationStep(
  name: string | undefined,
  z: number,
  output: number,
  row?: { readonly z: ArrayLike<number>; readonly at: number },
  formula = activationFormula(name),
): ActivationStep {
  const step = { name: name ?? 'own function', formula, input: z, output };
  return row && isRowWise(name) ? { ...step, row: shares(row.z, row.at) } : { ...step, row: undefined };
}

/** Powers of a row and their sum. */
export function shares(values: ArrayLike<number>, at: number): NonNullable<ActivationStep['row']> {
  const z = Array.from(values);
  const max = Math.max(...z);
  const powers = z.map((value) => Math.exp(value - max));
  return { z, max, powers, total: powers.reduce((a, b) => a + b, 0), at };
}

/** Numbers of a row along an axis through a place, the last one by default. */
export function rowThrough(
  values: ArrayLike<number>,
  shape: Shape,
  place: Place,
  axis = shape.length - 1,
): { readonly z: number[]; readonly at: number } {
  const z = Array.from({ length: shape[axis]! }, (_, i) => {
    return values[indexOf(place.with(axis, i), shape)]!;
  });
  return { z, at: place[axis]! };
}

/** A place of a result in an input whose axes repeat where their extent is 1. */
export function repeated(place: Place, shape: Shape): number[] {
  const ahead = place.length - shape.length;
  return shape.map((extent, d) => (extent === 1 ? 0 : place[ahead + d]!));
}

/** Values of variables; undefined for those that a layer does not have. */
export async function valuesOf(
  ...variables: readonly (Variable | undefined)[]
): Promise<(Float32Array | undefined)[]> {
  const there = variables.filter((variable) => variable !== undefined);
  const values = await readAll(there);
  return variables.map((variable) => (variable ? values[there.indexOf(variable)] : undefined));
}
