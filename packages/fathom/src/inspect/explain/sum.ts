import type { Shape } from '../../ir/shape.ts';
import type { Embedding } from '../../nn/layers/embedding.ts';
import type { Masking } from '../../nn/layers/masking.ts';
import type { SeparableConv2d } from '../../nn/layers/separableConv2d.ts';
import { depthwiseContraction, pointsAt } from '../contraction.ts';
import { activationFormula, isRowWise } from '../formulas.ts';
import { isWeighted } from '../trace.ts';
import { indexOf, isInside, type Wiring } from '../wiring.ts';
import {
  activationStep,
  type Cell,
  type CellExplanation,
  type CellPart,
  rowThrough,
  sumOf,
  type Term,
  valuesOf,
} from './cell.ts';

/** z = Σ x·w + b, y = activation(z). */
export async function ofSum(cell: Cell, wiring: Wiring & { kind: 'sum' }): Promise<CellExplanation> {
  const { contraction, kernel, bias, biasPlace } = wiring;
  const [weights, biases] = await valuesOf(kernel, bias);
  const offsetAt = (place: Cell['place']) => bias && biases![indexOf(biasPlace(place), bias.shape)]!;
  const termsAt = (place: Cell['place']) =>
    pointsAt(contraction, 'y', place).map(({ x, w }) =>
      cell.term(0, x, { name: kernel.name, place: w!, value: weights![indexOf(w!, kernel.shape)]! }),
    );
  const { place, own } = cell;
  const terms = termsAt(place);
  const offset = offsetAt(place);
  const sum = sumOf(terms, offset);
  const { layer } = cell.node;
  const name = isWeighted(layer) ? layer.activation.name : undefined;
  const z = own.preActivation?.[indexOf(place, own.shape)] ?? sum;
  // Inside of another layer nobody has seen the row.
  const row = own.preActivation
    ? rowThrough(own.preActivation, own.shape, place)
    : isRowWise(name) && {
        z: Array.from({ length: own.shape.at(-1)! }, (_, i) => {
          const other = place.with(-1, i);
          return sumOf(termsAt(other), offsetAt(other));
        }),
        at: place.at(-1)!,
      };
  const symbol = bias ? 'z = Σ x·w + b' : 'z = Σ x·w';
  return cell.result('sum', `${symbol}, ${activationFormula(name)}`, {
    terms,
    channels: cell.node.inputShapes[0]!.length > 1 ? byChannel(terms) : [],
    bias: offset === undefined ? undefined : { name: bias!.name, value: offset },
    sum,
    activation: activationStep(name, z, cell.value, row || undefined),
  });
}

/** First each channel with kernels of its own, d = Σ x·w; then all of them, z = Σ d·w + b. */
export async function ofSeparable(cell: Cell, layer: SeparableConv2d): Promise<CellExplanation> {
  const { kernelSize: size, strides, dilationRate: dilation, padding, depthMultiplier, activation } = layer;
  const [depthwise, pointwise] = [layer.depthwiseKernel!, layer.pointwiseKernel!];
  const [each, mixed, biases] = await valuesOf(depthwise, pointwise, layer.bias);
  const { place, own, node } = cell;
  const geometry = { size, strides, dilation, padding };
  const contraction = depthwiseContraction(node.inputShapes[0]!, geometry, depthMultiplier);
  const filter = place.at(-1)!;
  const parts = Array.from({ length: pointwise.shape[2]! }, (_, k): CellPart => {
    const terms = pointsAt(contraction, 'y', place.with(-1, k)).map(({ x, w }) =>
      cell.term(0, x, { name: depthwise.name, place: w!, value: each![indexOf(w!, depthwise.shape)]! }),
    );
    const sum = sumOf(terms);
    const name = depthMultiplier === 1 ? `d of channel ${k}` : `d ${k}`;
    return { name, formula: 'd = Σ x·w', terms, bias: undefined, sum, activation: undefined, value: sum };
  });
  const terms = parts.map(({ value }, k) => {
    const at = [0, 0, k, filter];
    const weight = { name: pointwise.name, place: at, value: mixed![indexOf(at, pointwise.shape)]! };
    return cell.termOf(`${node.id}, depthwise`, place.with(-1, k), value, weight);
  });
  const bias = biases?.[filter];
  const z = own.preActivation?.[indexOf(place, own.shape)] ?? sumOf(terms, bias);
  const row = own.preActivation && rowThrough(own.preActivation, own.shape, place);
  return cell.result('sum', `d = Σ x·w for each channel, z = Σ d·w${bias === undefined ? '' : ' + b'}`, {
    parts,
    terms,
    bias: bias === undefined ? undefined : { name: layer.bias!.name, value: bias },
    sum: sumOf(terms, bias),
    activation: activationStep(activation.name, z, cell.value, row),
  });
}

/** The largest or the mean of a window. */
export function ofWindow(
  cell: Cell,
  { kind, contraction }: Wiring & { kind: 'max' | 'mean' },
): CellExplanation {
  const { mask } = cell.input(0);
  const all = pointsAt(contraction, 'y', cell.place).map(({ x }) => cell.term(0, x));
  // Global means leave out the steps that do not count; windows know of none.
  const isGlobal = cell.node.layer.type === 'globalAveragePooling1d';
  const counts = ({ place, isPadding }: Term) => !isPadding && !(isGlobal && mask?.[place[0]!] === 0);
  const inside = all.filter(counts);
  const left = all.length - inside.length;
  if (kind === 'mean') {
    return cell.result('mean', `y = (Σ x) / ${inside.length}`, {
      terms: isGlobal ? inside : all,
      sum: sumOf(inside) / inside.length,
      numbers: [{ name: 'values in the window', value: inside.length }],
      note:
        left === 0
          ? undefined
          : isGlobal
            ? `${left} masked ${left === 1 ? 'step does' : 'steps do'} not count.`
            : 'Places outside of the sample do not count.',
    });
  }
  const largest = inside.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const winner = all.findIndex((term) => counts(term) && term.value === largest);
  return cell.result('max', 'y = max x', {
    terms: all.map((term, i) => ({ ...term, wins: i === winner })),
    sum: largest,
    note: left > 0 ? 'Places outside of the sample never win.' : undefined,
  });
}

/** A number that comes from elsewhere as it is, or 0. */
export function ofMove(cell: Cell, { from, isIdentity }: Wiring & { kind: 'move' }): CellExplanation {
  const source = from(cell.place);
  const isNoise = isIdentity && 'rate' in cell.node.layer;
  const term = source && cell.term(source.input, source.place);
  return cell.result('move', source ? 'y = x' : 'y = 0', {
    terms: term ? [term] : [],
    sum: term?.value ?? 0,
    note: isNoise
      ? `While training, ${cell.own.type} changes this value at random; a trained model lets it pass.`
      : source
        ? undefined
        : 'A place that the layer fills with 0.',
  });
}

/** Steps whose features all have the value that says so become 0. */
export function ofMasking(cell: Cell, { maskValue }: Masking): CellExplanation {
  const { values, shape } = cell.input(0);
  const size = shape.slice(1).reduce((product, extent) => product * extent, 1);
  const step = cell.place[0]!;
  const counts = values.subarray(step * size, (step + 1) * size).some((value) => value !== maskValue);
  const term = cell.term(0, cell.place);
  return cell.result('move', counts ? 'y = x' : 'y = 0', {
    terms: [term],
    sum: counts ? term.value : 0,
    note: counts
      ? undefined
      : `All features of step ${step} are ${maskValue}: it does not count in the layers behind.`,
  });
}

/** A row of a table. */
export async function ofLookup(cell: Cell, { embeddings, maskZero }: Embedding): Promise<CellExplanation> {
  const term = cell.term(0, cell.place.slice(0, -1));
  const { name, shape } = embeddings!;
  const row = [Math.trunc(term.value), cell.place.at(-1)!];
  if (!isInside(row, shape as Shape)) {
    return cell.unknown(`Token ${row[0]} is not in the table, which has the rows 0…${shape[0]! - 1}.`);
  }
  const [table] = await valuesOf(embeddings);
  const value = table![indexOf(row, shape)]!;
  return cell.result('lookup', 'y = embeddings[x]', {
    terms: [term],
    numbers: [{ name: `${name}[${row}]`, value }],
    sum: value,
    note: maskZero && row[0] === 0 ? 'Token 0 is filling: the layers behind leave this step out.' : undefined,
  });
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
