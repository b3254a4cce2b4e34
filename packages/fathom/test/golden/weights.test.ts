import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { type ConstraintName, resolveConstraint } from '../../src/nn/constraints/index.ts';
import { type InitializerName, resolveInitializer } from '../../src/nn/initializers/index.ts';
import { type RegularizerName, resolveRegularizer } from '../../src/nn/regularizers/index.ts';
import { gradients, input } from '../../src/ops/index.ts';
import { load } from '../../src/runtime.ts';
import { type SeededArray, seededArray, type Versions } from './golden.ts';

interface Case<Name> {
  readonly name: Name;
  readonly options: Readonly<Record<string, unknown>>;
}

interface Golden extends Versions {
  readonly regularizers: readonly (Case<RegularizerName> & {
    readonly weight: SeededArray;
    readonly value: number;
    readonly gradient: readonly number[];
  })[];
  readonly constraints: readonly (Case<ConstraintName> & {
    readonly weight: SeededArray;
    readonly value: readonly number[];
  })[];
  readonly initializers: readonly (Case<InitializerName> & {
    readonly shape: readonly number[];
    readonly mean: number;
    readonly deviation: number;
    readonly least: number;
    readonly largest: number;
  })[];
}

const golden = JSON.parse(readFileSync(new URL('./data/weights.json', import.meta.url), 'utf8')) as Golden;

/** What some tensors of one weight are, in float64. */
async function computed(weight: SeededArray, graph: (weight: Tensor) => Tensor[]): Promise<number[][]> {
  const node = input('weight', weight.shape);
  const outputs = graph(node);
  const executable = await load(
    { inputs: [node], outputs, updates: [] },
    referenceBackend({ precision: 64 }),
  );
  executable.write(0, seededArray(weight));
  await executable.run();
  return Promise.all(outputs.map(async (_, i) => Array.from(await executable.read(i))));
}

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  // Keras' epsilons and bounds are float32 numbers, even where the weights are float64.
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i]! - value), `element ${i}`).toBeLessThan(2e-7 * Math.max(1, Math.abs(value)));
  });
}

describe('regularizers have the penalties and gradients of Keras', () => {
  it.each(golden.regularizers)('$name $options', async ({ name, options, weight, value, gradient }) => {
    const regularizer = resolveRegularizer({ name, ...options }, 'regularizer')!;
    const [penalty, slope] = await computed(weight, (node) => {
      const loss = regularizer.call(node);
      expect(loss.shape).toEqual([]);
      return [loss, ...gradients(loss, [node])];
    });
    expectNear(penalty!, [value]);
    expectNear(slope!, gradient);
  });
});

describe('constraints give the weights of Keras', () => {
  it.each(golden.constraints)('$name $options', async ({ name, options, weight, value }) => {
    const constraint = resolveConstraint({ name, ...options }, 'constraint')!;
    const [bound] = await computed(weight, (node) => [constraint.call(node)]);
    expectNear(bound!, value);
  });
});

describe('initializers draw from the distributions of Keras', () => {
  it.each(golden.initializers)('$name $options $shape', (expected) => {
    const { name, options, shape, mean, deviation, least, largest } = expected;
    const values = Array.from(resolveInitializer({ name, ...options }, 'initializer').values(shape, [1, 2]));
    const count = sizeOf(shape);
    expect(values).toHaveLength(count);
    const own = values.reduce((sum, x) => sum + x, 0) / count;
    const spread = Math.sqrt(values.reduce((sum, x) => sum + (x - own) ** 2, 0) / count);
    // Two draws: five deviations of a mean, and of a deviation, of `count` normal numbers, times √2.
    expect(Math.abs(own - mean)).toBeLessThanOrEqual((5 * Math.SQRT2 * deviation) / Math.sqrt(count) + 1e-7);
    expect(Math.abs(spread - deviation)).toBeLessThanOrEqual((5 * deviation) / Math.sqrt(count) + 1e-6);
    // The ends of a bounded distribution are nearly reached; tails reach a deviation more or less far.
    const bounded = /niform|runcated|glorot|^he|lecun|constant|zeros|ones/.test(
      `${name}${JSON.stringify(options)}`.replace('untruncated', ''),
    );
    const slack = bounded ? 0.05 * deviation : 1.5 * deviation;
    expect(Math.abs(Math.min(...values) - least)).toBeLessThanOrEqual(slack + 1e-6);
    expect(Math.abs(Math.max(...values) - largest)).toBeLessThanOrEqual(slack + 1e-6);
  });
});
