import type { Dot } from '../../nn/layers/dot.ts';
import type { ElementwiseMerge } from '../../nn/layers/elementwiseMerge.ts';
import { indexOf } from '../wiring.ts';
import { type Cell, type CellExplanation, repeated, sumOf } from './cell.ts';

/** Numbers of several layers at one place become one. */
export function ofMerge(cell: Cell, { type }: ElementwiseMerge & { readonly type: string }): CellExplanation {
  const merge = MERGES[type];
  if (!merge) return cell.unknown(`No unfolded form of ${type} is known.`);
  const terms = cell.node.inputShapes.map((shape, i) => cell.term(i, repeated(cell.place, shape)));
  const values = terms.map(({ value }) => value);
  return cell.result('merge', merge.formula(values.length), { terms, sum: merge.of(values) });
}

/** y = Σ a·b along one axis of each. */
export function ofDot(cell: Cell, { axes, normalize }: Dot): CellExplanation {
  const [a, b] = [cell.input(0), cell.input(1)];
  const [i, j] = [a, b].map(({ shape }, which) => {
    const axis = axes[which]!;
    return axis < 0 ? shape.length + axis : axis - 1;
  }) as [number, number];
  const free = a.shape.length - 1;
  const terms = Array.from({ length: a.shape[i]! }, (_, k) => {
    const left = cell.place.slice(0, free).toSpliced(i, 0, k);
    // Two vectors have a scalar, which stands at a place of its own.
    const right = (b.shape.length === 1 ? [] : cell.place.slice(free)).toSpliced(j, 0, k);
    const value = b.values[indexOf(right, b.shape)]!;
    return cell.term(0, left, { name: b.id, place: right, value });
  });
  if (!normalize) return cell.result('sum', 'y = Σ a·b', { terms, sum: sumOf(terms) });
  const length = (of: (term: (typeof terms)[number]) => number) => Math.hypot(...terms.map(of));
  const numbers = [
    { name: '‖a‖', value: length(({ value }) => value) },
    { name: '‖b‖', value: length(({ weight }) => weight!.value) },
  ];
  const sum = numbers.reduce((rest, { value }) => rest / Math.max(value, SHORTEST), sumOf(terms));
  return cell.result('sum', 'y = (Σ a·b) / (‖a‖·‖b‖)', { terms, numbers, sum });
}

/** Shorter vectors count as that long. */
const SHORTEST = 1e-7;

const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

const MERGES: Readonly<
  Record<string, { formula(count: number): string; of(values: readonly number[]): number }>
> = {
  add: { formula: (count) => `y = ${listed(count, ' + ')}`, of: total },
  subtract: { formula: () => 'y = x₁ − x₂', of: ([a, b]) => a! - b! },
  multiply: {
    formula: (count) => `y = ${listed(count, ' · ')}`,
    of: (values) => values.reduce((a, b) => a * b, 1),
  },
  average: {
    formula: (count) => `y = (${listed(count, ' + ')}) / ${count}`,
    of: (values) => total(values) / values.length,
  },
  maximum: { formula: (count) => `y = max(${listed(count, ', ')})`, of: (values) => Math.max(...values) },
  minimum: { formula: (count) => `y = min(${listed(count, ', ')})`, of: (values) => Math.min(...values) },
};

function listed(count: number, sign: string): string {
  const digits = [...'₁₂₃₄₅₆₇₈₉'];
  if (count > 3) return ['x₁', '…', count <= digits.length ? `x${digits[count - 1]}` : 'xₙ'].join(sign);
  return digits
    .slice(0, count)
    .map((digit) => `x${digit}`)
    .join(sign);
}
