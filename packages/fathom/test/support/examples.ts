import { apply } from '../../src/ir/graph.ts';
import type { Example, Op } from '../../src/ir/op.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { input } from '../../src/ops/index.ts';
import { permutation, seeded, seedOf } from './random.ts';

const DEFAULT_RANGE: readonly [number, number] = [-1, 1];

/** An example of an op as a node over fresh inputs, with values for them that float32 holds exactly. */
export interface Case {
  readonly title: string;
  readonly example: Example;
  readonly inputs: readonly Tensor[];
  readonly values: readonly Float64Array[];
  readonly output: Tensor;
}

export const acceptedExamples = (op: Op): Example[] => op.examples.filter(({ error }) => error === undefined);
export const refusedExamples = (op: Op): Example[] => op.examples.filter(({ error }) => error !== undefined);

/** The examples of `op` that it accepts, with values drawn from their ranges: the same ones in every run. */
export function casesOf(op: Op): Case[] {
  return acceptedExamples(op).map((example, i) => {
    const inputs = inputsOf(example);
    const output = apply(op, inputs, example.attrs);
    return { title: titleOf(example, i), example, inputs, values: drawValues(example, op.name + i), output };
  });
}

export function inputsOf(example: Example): Tensor[] {
  return example.inputs.map(({ shape, dtype }, i) => input(`x${i}`, shape, dtype ?? 'float32'));
}

export function feedsOf({ inputs, values }: Pick<Case, 'inputs' | 'values'>): Map<Tensor, Float64Array> {
  return new Map(inputs.map((node, i) => [node, values[i]!]));
}

function titleOf({ inputs }: Example, i: number): string {
  const shapes = inputs.map(({ shape, dtype }) => `${dtype ?? 'float32'}[${shape.join(',')}]`);
  return `example ${i}: ${shapes.join(', ') || 'no operand'}`;
}

/**
 * Floats are drawn one from each of equal cells of the range, in random order, and the operands of an example draw
 * from different parts of their cells: so no two values of a case are close to each other, and a finite difference
 * never crosses a tie of max, maximum or a pooling window.
 */
function drawValues({ inputs }: Example, name: string): Float64Array[] {
  const random = seeded(seedOf(name));
  return inputs.map(({ shape, dtype = 'float32', range = DEFAULT_RANGE, values }, k) => {
    if (values) return Float64Array.from(values, dtype === 'float32' ? Math.fround : (value) => value);
    const size = sizeOf(shape);
    if (dtype === 'bool') return Float64Array.from({ length: size }, () => (random() < 0.5 ? 0 : 1));
    const [low, high] = range;
    if (dtype === 'int32') {
      return Float64Array.from({ length: size }, () => low + Math.floor(random() * (high - low + 1)));
    }
    const cells = permutation(random, size);
    return Float64Array.from({ length: size }, (_, i) => {
      const within = (k + 0.25 + random() / 2) / inputs.length;
      return Math.fround(low + ((cells[i]! + within) / size) * (high - low));
    });
  });
}
