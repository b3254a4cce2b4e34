import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { vjp } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import type { LayerConfig } from '../../src/nn/layer.ts';
import { layerFromConfig } from '../../src/nn/layerFromConfig.ts';
import { Trace } from '../../src/nn/trace.ts';
import { input } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { backends } from '../support/backends.ts';
import { expectAgreement } from '../support/compare.ts';
import { algebra, exact } from '../support/differences.ts';
import { type SeededArray, seededArray } from './golden.ts';

/** What layers.py writes. */
interface LayerCase {
  readonly type: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly inputs: readonly SeededArray[];
  /** In the order of Keras' weights. */
  readonly weights: readonly SeededArray[];
  readonly cotangentSeed: number;
  readonly shape: readonly number[];
  readonly value: readonly number[];
  /** Of the inputs, then of the weights. */
  readonly gradients: readonly (readonly number[])[];
}

const { cases, versions } = JSON.parse(
  readFileSync(new URL('./data/layers.json', import.meta.url), 'utf8'),
) as { cases: LayerCase[]; versions: Record<string, string> };

/** Keras' results are rounded to float32 at the end, and some means and products inside, whatever the type. */
const ROUNDED = 3e-7;

const titled = cases.map((each): [string, LayerCase] => {
  const shapes = each.inputs.map(({ shape }) => `[${shape.join(',')}]`).join(' ');
  return [`${each.type} ${shapes} ${JSON.stringify(each.options)}`, each];
});

it('the file of layers.py says with what it was made', () => {
  expect(versions.keras).toMatch(/^3\./);
  expect(versions.torch).toMatch(/^\d+\.\d+/);
});

describe('layers follow Keras in float64', () => {
  it.each(titled)('%s', async (_title, golden) => {
    const { outputs, feeds, expected } = build(golden);
    const actual = await evaluate(outputs, feeds, exact);
    expected.forEach((values, i) => {
      expect(actual[i]).toHaveLength(values.length);
      const largest = Math.max(...values.map(Math.abs));
      actual[i]!.forEach((value, k) => {
        const error = Math.abs(value - Math.fround(values[k]!));
        expect(error, `output ${i}, element ${k}: ${value} and ${values[k]}`).toBeLessThanOrEqual(
          ROUNDED * largest,
        );
      });
    });
  });
});

describe.each(backends)('layers follow Keras on $name', ({ threads, make }) => {
  let backend: Promise<Backend> | undefined;

  afterAll(async () => {
    await (await backend)?.dispose();
  });

  it.each(titled)('%s', async (_title, golden) => {
    backend ??= make(threads.at(-1)!);
    const { outputs, feeds, expected } = build(golden);
    const actual = await evaluate(outputs, feeds, await backend);
    expected.forEach((values, i) => {
      expectAgreement(actual[i]!, Float32Array.from(values), 'sum', `output ${i}`);
    });
  });
});

describe('layers are made again from their configuration', () => {
  it.each(titled)('%s', (_title, { type, options }) => {
    const config = layerFromConfig({ type, name: 'it', trainable: false, ...options }).config();
    for (const [option, value] of Object.entries(options))
      expect(Object.keys(config), `${value}`).toContain(option);
    const saved = JSON.parse(JSON.stringify(config)) as LayerConfig;
    expect(layerFromConfig(saved).config()).toEqual(config);
  });
});

/** The layer's results and their gradients, as graph. */
function build(golden: LayerCase) {
  const layer = layerFromConfig({ type: golden.type, name: 'it', ...golden.options });
  const inputs = golden.inputs.map(({ shape }, i) => input(`x${i}`, shape));
  const samples = golden.inputs.map(({ shape }) => shape.slice(1));
  expect(layer.buildFor(samples)).toEqual([golden.shape.slice(1)]);
  const trace = new Trace({ training: false });
  const weights = layer.weights.map(({ variable }, i) => {
    expect(variable.shape).toEqual(golden.weights[i]!.shape);
    variable.write(seededArray(golden.weights[i]!));
    return trace.read(variable);
  });
  expect(weights).toHaveLength(golden.weights.length);
  const [y] = layer.callAll(inputs, trace);
  expect(y!.shape).toEqual(golden.shape);
  const dy = input('dy', y!.shape);
  const feeds = new Map<Tensor, ArrayLike<number>>(inputs.map((x, i) => [x, seededArray(golden.inputs[i]!)]));
  feeds.set(dy, seededArray({ shape: y!.shape, seed: golden.cotangentSeed, low: -1, high: 1 }));
  return {
    outputs: [y!, ...vjp([y!], [dy], [...inputs, ...weights], algebra)],
    feeds,
    expected: [golden.value, ...golden.gradients],
  };
}
