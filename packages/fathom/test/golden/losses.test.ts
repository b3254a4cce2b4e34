import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mean } from '../../src/functional/index.ts';
import { vjp } from '../../src/ir/graph.ts';
import type { NumericArray, Tensor } from '../../src/ir/tensor.ts';
import * as losses from '../../src/nn/losses/index.ts';
import { constant, input } from '../../src/ops/index.ts';
import { evaluate, selectBackend } from '../../src/runtime.ts';
import { expectAgreement } from '../support/compare.ts';
import { algebra, exact } from '../support/differences.ts';
import { type SeededArray, seededArray } from './golden.ts';

/** What losses.py writes. */
interface LossCase {
  readonly name: string;
  readonly options: Readonly<Record<string, number | boolean>>;
  readonly targets: readonly number[];
  readonly predictions: SeededArray;
  readonly cotangentSeed: number;
  readonly value: readonly number[];
  readonly cost: number;
  readonly gradient: readonly number[];
}

const { cases, versions } = JSON.parse(
  readFileSync(new URL('./data/losses.json', import.meta.url), 'utf8'),
) as { cases: LossCase[]; versions: Record<string, string> };

/** Keras takes some means in float32 whatever the type, which leaves a few units in the last place of its terms. */
const FEW_UNITS = 3e-7;

const titled = cases.map((each) => [`${each.name} ${JSON.stringify(each.options)}`, each] as const);

it('the file of losses.py says with what it was made', () => {
  expect(versions.keras).toMatch(/^3\./);
});

describe('losses follow Keras in float64', () => {
  it.each(titled)('%s', async (_title, golden) => {
    const { outputs, feeds, expected } = build(golden);
    const actual = await evaluate(outputs, feeds, exact);
    expected.forEach((values, i) => {
      expect(actual[i]).toHaveLength(values.length);
      const largest = Math.max(...values.map(Math.abs), ...golden.value.map(Math.abs));
      actual[i]!.forEach((value, k) => {
        const error = Math.abs(value - values[k]!);
        expect(error, `output ${i}, element ${k}: ${value} and ${values[k]}`).toBeLessThanOrEqual(
          FEW_UNITS * Math.abs(values[k]!) + 1e-8 * largest,
        );
      });
    });
  });
});

describe('losses follow Keras in float32 on wasm', () => {
  const backend = selectBackend('wasm', { threads: 1 });
  it.each(titled)('%s', async (_title, golden) => {
    const { outputs, feeds, expected } = build(golden);
    const actual = await evaluate(outputs, feeds, await backend);
    expected.forEach((values, i) => {
      expectAgreement(actual[i]!, Float32Array.from(values), 'sum', `output ${i}`);
    });
  });
});

/** Losses of the samples, cost of the batch, gradient of ⟨dy, losses⟩. */
function build(golden: LossCase) {
  const loss = losses.lossFromConfig({ name: camelCase(golden.name), ...camelCased(golden.options) });
  const { shape } = golden.predictions;
  const predictions = input('p', shape);
  const labels = loss.targets === 'labels';
  const targets = constant(golden.targets, labels ? shape.slice(0, -1) : shape, labels ? 'int32' : 'float32');
  const value = loss.call(targets, predictions);
  const dy = input('dy', value.shape);
  const feeds = new Map<Tensor, NumericArray>([
    [predictions, seededArray(golden.predictions)],
    [dy, seededArray({ shape: value.shape, seed: golden.cotangentSeed, low: -1, high: 1 })],
  ]);
  // Keras leaves ignored labels out of the mean; here the others weigh more, so that the mean is the same.
  const counted = golden.targets.filter((target) => target !== golden.options.ignore_class).length;
  const scaled = (x: number) => (Math.fround(x) * golden.targets.length) / counted;
  return {
    outputs: [value, mean(value), ...vjp([value], [dy], [predictions], algebra)],
    feeds,
    expected: [golden.value.map(scaled), [Math.fround(golden.cost)], golden.gradient.map(scaled)],
  };
}

/** KLDivergence → klDivergence, MeanSquaredError → meanSquaredError */
function camelCase(name: string): string {
  return name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]/, (start) => start.toLowerCase());
}

function camelCased(options: LossCase['options']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
