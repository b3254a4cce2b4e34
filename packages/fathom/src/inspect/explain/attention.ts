import type { MultiHeadAttention } from '../../nn/layers/multiHeadAttention.ts';
import { indexOf } from '../wiring.ts';
import {
  type ActivationStep,
  type Cell,
  type CellExplanation,
  type CellPart,
  shares,
  sumOf,
  type Term,
  valuesOf,
} from './cell.ts';

/**
 * One number of attention: each head looks at all steps, a = softmax(q·k / √d), and takes the mean of their values with
 * these shares, o = Σ a·v; the heads are mixed by the last kernel, y = Σ o·w + b.
 */
export async function ofAttention(cell: Cell, layer: MultiHeadAttention): Promise<CellExplanation> {
  const { numHeads, valueDim } = layer;
  const [step, feature] = cell.place as [number, number];
  const heads = await headsOf(cell, layer, step);
  const variable = (name: string) => layer.weights.find((weight) => weight.name === name)?.variable;
  const [kernel, bias] = [variable('attentionOutput/kernel')!, variable('attentionOutput/bias')];
  const [mix, offsets] = await valuesOf(kernel, bias);
  const terms: Term[] = [];
  for (let n = 0; n < numHeads; n++) {
    for (let v = 0; v < valueDim; v++) {
      const place = [n, v, feature];
      const weight = { name: kernel.name, place, value: mix![indexOf(place, kernel.shape)]! };
      terms.push(cell.termOf(`o of head ${n}`, [n, v], heads[n]!.outcome[v]!, weight));
    }
  }
  const offset = offsets?.[feature];
  const largest = terms.reduce((a, b) => (Math.abs(b.product) > Math.abs(a.product) ? b : a));
  const [head, value] = largest.place as [number, number];
  return cell.result('attention', `a = softmax(q·k / √d), o = Σ a·v, y = Σ o·w${bias ? ' + b' : ''}`, {
    terms,
    bias: bias && { name: bias.name, value: offset! },
    parts: [...heads.map(({ row }, n) => partOf(n, row)), mixture(cell, heads[head]!, head, value)],
    sum: sumOf(terms, offset),
    note: `How much step ${step} looks at each step, head by head. Of the numbers o, that of the largest term is written out.`,
  });
}

interface Head {
  /** Scores of all steps, their powers and the sum of these. */
  readonly row: NonNullable<ActivationStep['row']>;
  /** v of each step. */
  readonly values: readonly Float64Array[];
  readonly outcome: Float64Array;
}

function partOf(head: number, row: Head['row']): CellPart {
  const share = row.powers[row.at]! / row.total;
  const formula = 'yᵢ = e^zᵢ / Σⱼ e^zⱼ with zᵢ = q·kᵢ / √d';
  return {
    name: `shares a of head ${head}`,
    formula: 'a = softmax(q·k / √d)',
    terms: [],
    bias: undefined,
    sum: row.z[row.at]!,
    activation: { name: 'softmax', formula, input: row.z[row.at]!, output: share, row },
    value: share,
  };
}

/** o = Σ a·v, of one head and one of its numbers. */
function mixture(cell: Cell, { row, values, outcome }: Head, head: number, v: number): CellPart {
  const terms = row.powers.map((power, s) => {
    const weight = { name: 'v', place: [s, head, v], value: values[s]![v]! };
    return cell.termOf(`shares of head ${head}`, [s], power / row.total, weight);
  });
  return {
    name: `o of head ${head}, number ${v}`,
    formula: 'o = Σ a·v',
    terms,
    bias: undefined,
    sum: sumOf(terms),
    activation: undefined,
    value: outcome[v]!,
  };
}

async function headsOf(cell: Cell, layer: MultiHeadAttention, step: number): Promise<Head[]> {
  const { numHeads, keyDim, valueDim } = layer;
  const keyAt = cell.inputCount > 2 ? 2 : 1;
  const project = await projections(cell, layer);
  const steps = cell.input(1).shape[0]!;
  const allowed = maskOf(cell, layer, step, keyAt);
  return Array.from({ length: numHeads }, (_, n) => {
    const q = project('query', 0, step, n, keyDim);
    const keys = Array.from({ length: steps }, (_, s) => project('key', keyAt, s, n, keyDim));
    const values = Array.from({ length: steps }, (_, s) => project('value', 1, s, n, valueDim));
    const z = keys.map((k, s) =>
      allowed(s) ? k.reduce((sum, value, i) => sum + value * q[i]!, 0) / Math.sqrt(keyDim) : FORBIDDEN,
    );
    const best = z.reduce((at, value, s) => (value > z[at]! ? s : at), 0);
    const row = shares(z, best);
    const outcome = Float64Array.from({ length: valueDim }, (_, v) =>
      row.powers.reduce((sum, power, s) => sum + (power / row.total) * values[s]![v]!, 0),
    );
    return { row, values, outcome };
  });
}

/** x[step]·kernel + bias for one head, in 64 bits. */
async function projections(cell: Cell, layer: MultiHeadAttention) {
  const names = ['query', 'key', 'value'] as const;
  const variable = (name: string) => layer.weights.find((weight) => weight.name === name)?.variable;
  const kernels = await valuesOf(...names.map((name) => variable(`${name}/kernel`)));
  const biases = await valuesOf(...names.map((name) => variable(`${name}/bias`)));
  return (name: (typeof names)[number], input: number, step: number, head: number, width: number) => {
    const which = names.indexOf(name);
    const { values, shape } = cell.input(input);
    const features = shape[1]!;
    return Float64Array.from({ length: width }, (_, i) => {
      const column = head * width + i;
      let sum = biases[which]?.[column] ?? 0;
      for (let k = 0; k < features; k++) {
        sum += values[step * features + k]! * kernels[which]![k * layer.numHeads * width + column]!;
      }
      return sum;
    });
  };
}

/** Whether the step may look at another one: the mask that is given, those of the sequences, and the causal one. */
function maskOf(cell: Cell, layer: MultiHeadAttention, step: number, keyAt: number) {
  const given = cell.inputCount > 3 ? cell.input(3) : undefined;
  const counts = (input: number, s: number) => cell.input(input).mask?.[s] !== 0;
  return (s: number): boolean => {
    if (layer.useCausalMask && s > step) return false;
    if (!counts(0, step) || !counts(1, s) || !counts(keyAt, s)) return false;
    if (!given) return true;
    const row = given.shape[0] === 1 ? 0 : step;
    return given.values[row * given.shape[1]! + s] !== 0;
  };
}

/** What the library gives a score that a mask forbids. */
const FORBIDDEN = -1e9;
