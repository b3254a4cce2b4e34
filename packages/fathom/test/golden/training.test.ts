import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { NumericArray } from '../../src/ir/tensor.ts';
import { load } from '../../src/runtime.ts';
import { backends } from '../support/backends.ts';
import { expectSameBits } from '../support/compare.ts';
import { adamRate, FORWARD, trainingStep } from '../support/networks.ts';
import { seededArray, seededLabels, trainingGoldens } from './golden.ts';

/** How far ten steps may drift from PyTorch's losses. */
const DRIFT = 1e-4;

const golden = trainingGoldens();
type Network = (typeof golden.networks)[number];

const networks = golden.networks.map((network) => [network.name, network] as const);

describe('the goldens of training', () => {
  it('fall: the networks learn their few batches', () => {
    for (const { losses, losses64 } of golden.networks) {
      expect(losses).toHaveLength(golden.steps);
      expect(losses.at(-1)!).toBeLessThan(losses[0]!);
      losses.forEach((loss, i) => {
        expect(Math.abs(loss - losses64[i]!)).toBeLessThan(DRIFT / 10);
      });
    }
  });
});

describe.each(backends)('$name: ten steps of Adam in one graph follow PyTorch', ({ threads, make }) => {
  const made: Promise<Backend>[] = [];

  afterAll(async () => {
    for (const backend of made) await (await backend).dispose();
  });

  it.each(networks)('%s', async (_name, network) => {
    if (made.length === 0) made.push(...threads.map(make));
    let first: { losses: number[]; weights: NumericArray[] } | undefined;
    for (const backend of made) {
      const result = await train(network, await backend);
      expectLosses(result.losses, network);
      result.weights.forEach((values, i) => {
        expect(norm(values) / network.norms[i]!, `norm of weights ${i}`).toBeCloseTo(1, 4);
        if (first) expectSameBits(values, first.weights[i]!, `weights ${i}`);
      });
      first ??= result;
      expect(result.losses, 'the same bits for any number of threads').toEqual(first.losses);
    }
  });
});

async function train(network: Network, backend: Backend) {
  const initial = network.weights.map((spec) => ({ shape: spec.shape, values: seededArray(spec) }));
  const { graph, parameters } = trainingStep(FORWARD[network.name]!, golden.batch, initial, golden);
  const step = await load(graph, backend);
  const losses: number[] = [];
  for (let t = 1; t <= golden.steps; t++) {
    const { images, labels } = batchOf(t);
    step.write(0, images);
    step.write(1, labels);
    step.write(2, [adamRate(golden, t)]);
    await step.run();
    losses.push((await step.read(0))[0]!);
  }
  const weights: NumericArray[] = [];
  for (const parameter of parameters) weights.push(await parameter.read());
  step.dispose();
  return { losses, weights };
}

/** The batch of step t, counted from 1; a few batches take turns. */
function batchOf(t: number): { images: Float32Array; labels: number[] } {
  const turn = (t - 1) % golden.batches;
  const shape = [golden.batch, 28, 28, 1];
  return {
    images: seededArray({ shape, seed: golden.imageSeed + turn, low: 0, high: 1 }),
    labels: seededLabels(golden.labelSeed + turn, golden.batch, 10),
  };
}

function expectLosses(losses: readonly number[], network: Network): void {
  losses.forEach((loss, i) => {
    const apart = Math.abs(loss - network.losses[i]!);
    expect(apart, `loss ${loss} at step ${i + 1}; PyTorch ${network.losses[i]}`).toBeLessThanOrEqual(DRIFT);
  });
}

function norm(values: NumericArray): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
