import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { NumericArray } from '../../src/ir/tensor.ts';
import { conv2d, dense, dropout, flatten, maxPooling2d } from '../../src/nn/layers/index.ts';
import { adam } from '../../src/nn/optimizers/index.ts';
import { load } from '../../src/runtime.ts';
import { type Model, sequential } from '../../src/train/index.ts';
import { cnn, lenet5, mlp } from '../../src/zoo/index.ts';
import { backends, type TestedBackend } from '../support/backends.ts';
import { expectSameBits } from '../support/compare.ts';
import { adamRate, FORWARD, trainingStep } from '../support/networks.ts';
import { seededArray, seededLabels, trainingGoldens } from './golden.ts';

/** How far ten steps may drift from PyTorch's losses. */
const DRIFT = 1e-4;

const golden = trainingGoldens();
type Network = (typeof golden.networks)[number];

/** One instance for each backend and number of threads, for all tests of this file. */
const instances = new Map<string, Promise<Backend>>();

function instance(name: string, threads: number, make: TestedBackend['make']): Promise<Backend> {
  const key = `${name}/${threads}`;
  const made = instances.get(key) ?? make(threads);
  instances.set(key, made);
  return made;
}

afterAll(async () => {
  for (const made of instances.values()) await (await made).dispose();
});

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

describe.each(backends)('$name: ten steps of Adam in one graph follow PyTorch', ({ name, threads, make }) => {
  it.each(networks)('%s', async (_name, network) => {
    let first: { losses: number[]; weights: NumericArray[] } | undefined;
    for (const count of threads) {
      const result = await train(network, await instance(name, count, make));
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

describe.each(backends)(
  '$name: ten calls of trainOnBatch on a model of the zoo follow PyTorch',
  ({ name, threads, make }) => {
    const made: Promise<Backend>[] = [];

    afterAll(async () => {
      for (const backend of made) await (await backend).dispose();
    });

    it.each(networks)('%s', async (_name, network) => {
      const model = MODELS[network.name]!();
      model.compile({
        optimizer: adam(golden),
        loss: 'sparseCategoricalCrossentropy',
        backend: await instance(name, threads.at(-1)!, make),
      });
      model.setWeights(network.weights.map(seededArray));
      const losses: number[] = [];
      for (let t = 1; t <= golden.steps; t++) {
        const { images, labels } = batchOf(t);
        losses.push((await model.trainOnBatch(images, labels)).loss!);
      }
      expectLosses(losses, network);
      const weights = await model.getWeights();
      expect(weights.map(({ shape }) => shape)).toEqual(network.weights.map(({ shape }) => shape));
      weights.forEach(({ name, data }, i) => {
        expect(norm(data) / network.norms[i]!, `norm of ${name}`).toBeCloseTo(1, 4);
      });
      await model.dispose();
    });

    it('cnn is compared without its dropout, and differs from the zoo’s in nothing else', () => {
      const kept = (model: Model) => model.toConfig().layers.map((layer) => ({ ...layer, rate: undefined }));
      expect(kept(cnnWithoutDropout())).toEqual(kept(cnn()));
    });
  },
);

const MODELS: Readonly<Record<string, () => Model>> = { mlp, lenet5, cnn: cnnWithoutDropout };

function cnnWithoutDropout(): Model {
  return sequential([
    conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
    maxPooling2d(),
    conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
    maxPooling2d(),
    flatten(),
    dropout({ rate: 0 }),
    dense({ units: 10, activation: 'softmax' }),
  ]);
}

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
