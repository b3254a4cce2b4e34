import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vjp } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { callLayer, type LayerConfig } from '../../src/nn/layer.ts';
import { layerFromConfig } from '../../src/nn/layerFromConfig.ts';
import { Trace } from '../../src/nn/trace.ts';
import { constant, input } from '../../src/ops/index.ts';
import { evaluate, selectBackend } from '../../src/runtime.ts';
import { algebra, exact } from '../support/differences.ts';
import { type SeededArray, seededArray } from './golden.ts';

/** What recurrent.py writes. */
interface RecurrentCase {
  readonly config: LayerConfig;
  readonly x: SeededArray;
  readonly states: readonly SeededArray[];
  readonly mask: readonly number[] | null;
  readonly weights: readonly SeededArray[];
  readonly cotangentSeed: number;
  readonly shapes: readonly (readonly number[])[];
  readonly results: readonly (readonly number[])[];
  readonly gradients: readonly (readonly number[])[];
}

const { cases, versions } = JSON.parse(
  readFileSync(new URL('./data/recurrent.json', import.meta.url), 'utf8'),
) as { cases: RecurrentCase[]; versions: Record<string, string> };

const titled = cases.map((each, i) => {
  const { type, ...options } = each.config;
  const extras = [each.mask && 'mask', each.states.length > 0 && 'initial state'].filter(Boolean).join(', ');
  return [`${i}: ${type} ${JSON.stringify(options)} ${extras}`, each] as const;
});

it('the file of recurrent.py says with what it was made', () => {
  expect(versions.keras).toMatch(/^3\./);
});

describe('recurrent layers follow Keras in float64', () => {
  it.each(titled)('%s', async (_title, golden) => {
    const { outputs, feeds, expected } = build(golden);
    expectClose(await evaluate(outputs, feeds, exact), expected, 1e-6);
  });
});

describe('recurrent layers follow Keras in float32 on wasm', () => {
  const backend = selectBackend('wasm', { threads: 1 });
  it.each(titled)('%s', async (_title, golden) => {
    const { outputs, feeds, expected } = build(golden);
    expectClose(await evaluate(outputs, feeds, await backend), expected, 2e-5);
  });
});

/** Results and gradients as outputs of one graph, and what Keras has for them. */
function build(golden: RecurrentCase) {
  const { config, x, states, mask, weights, cotangentSeed, shapes, results, gradients } = golden;
  const layer = layerFromConfig(config);
  const feeds = new Map<Tensor, Float32Array>();
  const given = (spec: SeededArray, name: string) => {
    const node = input(name, spec.shape);
    feeds.set(node, seededArray(spec));
    return node;
  };
  const operands = [given(x, 'x'), ...states.map((spec, i) => given(spec, `state${i}`))];
  layer.buildFor(operands.map(({ shape }) => shape.slice(1)));
  expect(layer.weights.map(({ variable }) => variable.shape)).toEqual(weights.map(({ shape }) => shape));
  layer.weights.forEach(({ variable }, i) => {
    variable.write(seededArray(weights[i]!));
  });
  const trace = new Trace({ training: true });
  if (mask) trace.setMask(operands[0]!, constant(mask, x.shape.slice(0, 2), 'bool'));
  const values = callLayer(layer, operands, trace);
  expect(values.map(({ shape }) => shape)).toEqual(shapes);
  const cotangents = values.map(({ shape }, i) =>
    constant(seededArray({ shape, seed: cotangentSeed + i, low: -1, high: 1 }), shape),
  );
  const wrt = [...operands, ...layer.weights.map(({ variable }) => trace.read(variable))];
  return {
    outputs: [...values, ...vjp(values, cotangents, wrt, algebra)],
    feeds,
    expected: [...results, ...gradients],
  };
}

function expectClose(
  actual: readonly ArrayLike<number>[],
  expected: readonly (readonly number[])[],
  tolerance: number,
): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((values, i) => {
    expect(actual[i]).toHaveLength(values.length);
    const scale = Math.max(...values.map(Math.abs));
    values.forEach((value, k) => {
      const error = Math.abs(actual[i]![k]! - value);
      expect(error, `output ${i}, element ${k}: ${actual[i]![k]} and ${value}`).toBeLessThanOrEqual(
        tolerance * scale,
      );
    });
  });
}
