import type { Activation } from '../../nn/activations.ts';
import type { Bidirectional } from '../../nn/layers/bidirectional.ts';
import { Gru } from '../../nn/layers/gru.ts';
import { Lstm } from '../../nn/layers/lstm.ts';
import type { Recurrent } from '../../nn/layers/recurrent.ts';
import { SimpleRnn } from '../../nn/layers/simpleRnn.ts';
import type { Symbolics } from '../../nn/symbolic.ts';
import { activationFormula } from '../formulas.ts';
import {
  activationStep,
  type Cell,
  type CellExplanation,
  type CellPart,
  type NamedNumber,
  sumOf,
  type Term,
} from './cell.ts';
import { type Memory, Recurrence } from './unrolled.ts';

/** One number of the state of a recurrent layer, after one of its steps. */
export async function ofRecurrent(cell: Cell, layer: Recurrent<Symbolics>): Promise<CellExplanation> {
  const at = layer.returnSequences ? cell.place[0]! : cell.input(0).shape[0]! - 1;
  return ofStep(cell, layer, at, cell.place.at(-1)!, cell.inputCount > 1 ? 1 : undefined);
}

/** Two layers that read from both ends, their results joined. */
export async function ofBidirectional(cell: Cell, layer: Bidirectional<Symbolics>): Promise<CellExplanation> {
  const { forward, backward, mergeMode } = layer;
  const last = cell.input(0).shape[0]! - 1;
  const unit = cell.place.at(-1)!;
  const states = (cell.inputCount - 1) / 2;
  const at = forward.returnSequences ? cell.place[0]! : last;
  // What the backward layer gives is turned round: its first step is the last of the input.
  const atBack = backward.returnSequences ? last - cell.place[0]! : last;
  const ahead = (u: number) => ofStep(cell, forward, at, u, states > 0 ? 1 : undefined);
  const back = (u: number) => ofStep(cell, backward, atBack, u, states > 0 ? 1 + states : undefined);
  const { mask } = cell.input(0);
  if (forward.returnSequences && mask?.[cell.place[0]!] === 0) {
    return cell.result('move', 'y = 0', { sum: 0, note: 'A masked step, which gives 0 in both directions.' });
  }
  if (mergeMode === null || unit < forward.units) {
    const a = await ahead(unit);
    if (mergeMode === 'concat' || mergeMode === null) return { ...a, note: joined('forward', a.note) };
    const b = await back(unit);
    if (a.kind === 'unknown' || b.kind === 'unknown') return a.kind === 'unknown' ? a : b;
    return merged(cell, mergeMode, a, b);
  }
  const b = await back(unit - forward.units);
  return { ...b, note: joined('backward', b.note) };
}

const joined = (direction: string, note: string | undefined) =>
  `Of the ${direction} layer${direction === 'backward' ? ', which begins at the last step' : ''}.${note ? ` ${note}` : ''}`;

/** Both directions as parts of their sum, product or mean. */
function merged(
  cell: Cell,
  mode: 'sum' | 'mul' | 'ave',
  a: CellExplanation,
  b: CellExplanation,
): CellExplanation {
  const [left, right] = [resultOf(a), resultOf(b)];
  const named = (name: string, of: CellExplanation): CellPart[] => [
    ...of.parts.map((part) => ({ ...part, name: `${name}: ${part.name}` })),
    {
      name: `${name}: h`,
      formula: of.formula,
      terms: of.terms,
      bias: of.bias,
      sum: of.sum!,
      activation: of.activation && { ...of.activation, output: resultOf(of) },
      value: resultOf(of),
    },
  ];
  const sum = mode === 'mul' ? left * right : (left + right) / (mode === 'ave' ? 2 : 1);
  const sign = mode === 'mul' ? '·' : '+';
  const formula = `y = ${mode === 'ave' ? '(' : ''}h forward ${sign} h backward${mode === 'ave' ? ') / 2' : ''}`;
  return cell.result('recurrence', formula, {
    parts: [...named('forward', a), ...named('backward', b)],
    numbers: [
      { name: 'h forward', value: left },
      { name: 'h backward', value: right },
    ],
    sum,
  });
}

const resultOf = ({ activation, sum }: CellExplanation) => activation?.output ?? sum!;

async function ofStep(
  cell: Cell,
  layer: Recurrent<Symbolics>,
  at: number,
  unit: number,
  states: number | undefined,
): Promise<CellExplanation> {
  const cellOf = await writerOf(cell, layer);
  if (!cellOf) return cell.unknown(`No unfolded form of ${layer.type} is known.`);
  const memory = await cellOf.recurrence.until(cell, at, states);
  if (!memory) {
    const note = 'No step up to here counts: the state is as at the beginning, 0.';
    return cell.result('move', 'y = 0', { sum: 0, note });
  }
  const skipped =
    memory.at < at ? `Step ${at} does not count (masked): this is the state after step ${memory.at}.` : '';
  const first = memory.isFirst ? 'Before the first step the state is 0.' : '';
  const note = [skipped, states === undefined ? first : ''].filter((text) => text !== '').join(' ');
  return { ...cellOf.write(memory, unit), note: note || undefined };
}

interface Writer {
  readonly recurrence: Recurrence;
  write(memory: Memory, unit: number): CellExplanation;
}

async function writerOf(cell: Cell, layer: Recurrent<Symbolics>): Promise<Writer | undefined> {
  if (layer instanceof SimpleRnn) {
    const recurrence = await Recurrence.of(layer, layer.activation);
    return { recurrence, write: (memory, unit) => simple(cell, layer, recurrence, memory, unit) };
  }
  if (layer instanceof Lstm) {
    const recurrence = await Recurrence.of(layer, layer.recurrentActivation);
    return { recurrence, write: (memory, unit) => longShort(cell, layer, recurrence, memory, unit) };
  }
  if (layer instanceof Gru) {
    const recurrence = await Recurrence.of(layer, layer.recurrentActivation);
    return { recurrence, write: (memory, unit) => gated(cell, layer, recurrence, memory, unit) };
  }
  return undefined;
}

function simple(
  cell: Cell,
  layer: SimpleRnn<Symbolics>,
  recurrence: Recurrence,
  memory: Memory,
  unit: number,
): CellExplanation {
  const terms = [
    ...recurrence.inputTerms(cell, memory, unit),
    ...recurrence.stateTerms(cell, memory, unit, memory.before[0]!),
  ];
  const bias = recurrence.biasAt(unit);
  const sum = sumOf(terms, bias?.value);
  const formula = `z = Σ x·W + Σ h[t−1]·U${bias ? ' + b' : ''}, ${activationFormula(layer.activation.name)}`;
  const activation = activationStep(layer.activation.name, sum, memory.after[0]![unit]!);
  return cell.result('recurrence', formula, { terms, bias, sum, activation });
}

function longShort(
  cell: Cell,
  layer: Lstm<Symbolics>,
  recurrence: Recurrence,
  memory: Memory,
  unit: number,
): CellExplanation {
  const gateNames = ['input gate i', 'forget gate f', 'candidate c̃', 'output gate o'];
  const parts = gateNames.map((name, g): CellPart => {
    const column = g * layer.units + unit;
    const terms = [
      ...recurrence.inputTerms(cell, memory, column),
      ...recurrence.stateTerms(cell, memory, column, memory.before[0]!),
    ];
    const { name: kind } = g === 2 ? layer.activation : layer.recurrentActivation;
    return part(name, kind, terms, recurrence.biasAt(column), memory.gates[g]![unit]!);
  });
  const [i, f, candidate, o] = parts.map(({ value }) => value) as [number, number, number, number];
  const before = memory.before[1]![unit]!;
  const now = f * before + i * candidate;
  const squashed = memory.squashed![unit]!;
  return cell.result('recurrence', `h = o·${layer.activation.name ?? 'f'}(c), c = f·c[t−1] + i·c̃`, {
    parts,
    numbers: [
      { name: 'c[t−1], the state before', value: before },
      { name: 'c = f·c[t−1] + i·c̃', value: now },
      { name: `${layer.activation.name ?? 'f'}(c)`, value: squashed },
      { name: 'o', value: o },
    ],
    sum: o * squashed,
  });
}

function gated(
  cell: Cell,
  layer: Gru<Symbolics>,
  recurrence: Recurrence,
  memory: Memory,
  unit: number,
): CellExplanation {
  const { units, resetAfter } = layer;
  const state = memory.before[0]!;
  const opened = ['update gate z', 'reset gate r'].map((name, g): CellPart => {
    const column = g * units + unit;
    const terms = [
      ...recurrence.inputTerms(cell, memory, column),
      ...recurrence.stateTerms(cell, memory, column, state),
    ];
    const bias = added(recurrence.biasAt(column), recurrence.stateBiasAt(column));
    return part(name, layer.recurrentActivation.name, terms, bias, memory.gates[g]![unit]!);
  });
  const column = 2 * units + unit;
  const past: CellPart[] = [];
  const terms = recurrence.inputTerms(cell, memory, column);
  const reset = memory.gates[1]!;
  if (resetAfter) {
    const inner = recurrence.stateTerms(cell, memory, column, state);
    const bias = recurrence.stateBiasAt(column);
    const sum = sumOf(inner, bias?.value);
    const formula = `m = Σ h[t−1]·U${bias ? ' + b′' : ''}`;
    past.push({
      name: 'of the past, m',
      formula,
      terms: inner,
      bias,
      sum,
      activation: undefined,
      value: sum,
    });
    const weight = { name: 'm', place: [unit], value: sum };
    terms.push(cell.termOf('reset gate r', [unit], reset[unit]!, weight));
  } else {
    const kept = state.map((value, j) => value * reset[j]!);
    terms.push(...recurrence.stateTerms(cell, memory, column, kept));
  }
  const candidate = part(
    'candidate h̃',
    layer.activation.name,
    terms,
    recurrence.biasAt(column),
    memory.gates[2]![unit]!,
    resetAfter ? 'z = Σ x·W + b + r·m' : 'z = Σ x·W + b + Σ (r·h[t−1])·U',
  );
  const update = opened[0]!.value;
  return cell.result('recurrence', 'h = z·h[t−1] + (1 − z)·h̃', {
    parts: [...opened, ...past, candidate],
    numbers: [
      { name: 'z', value: update },
      { name: 'h[t−1], the state before', value: state[unit]! },
      { name: 'h̃', value: candidate.value },
    ],
    sum: update * state[unit]! + (1 - update) * candidate.value,
  });
}

function part(
  name: string,
  activation: Activation['name'],
  terms: readonly Term[],
  bias: NamedNumber | undefined,
  value: number,
  formula = `z = Σ x·W + Σ h[t−1]·U${bias ? ' + b' : ''}`,
): CellPart {
  const sum = sumOf(terms, bias?.value);
  return { name, formula, terms, bias, sum, activation: activationStep(activation, sum, value), value };
}

function added(a: NamedNumber | undefined, b: NamedNumber | undefined): NamedNumber | undefined {
  return a && b ? { name: `${a.name} + ${b.name}`, value: a.value + b.value } : (a ?? b);
}
