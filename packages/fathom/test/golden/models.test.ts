import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { maxNorm } from '../../src/nn/constraints/index.ts';
import { concatenate, dense, input, masking } from '../../src/nn/layers/index.ts';
import { binaryCrossentropy } from '../../src/nn/losses/index.ts';
import { sgd } from '../../src/nn/optimizers/index.ts';
import { l1, l2 } from '../../src/nn/regularizers/index.ts';
import { add, ones, zeros } from '../../src/ops/index.ts';
import {
  type AnyModel,
  type CompileOptions,
  model,
  type SampleWeightOptions,
  sequential,
  trainStep,
} from '../../src/train/index.ts';
import { backends } from '../support/backends.ts';
import { seededArray, seededLabels } from './golden.ts';

interface Case {
  readonly name: string;
  /** Figures of each step, under Keras' names. */
  readonly logs: readonly Readonly<Record<string, number>>[];
  readonly weights: readonly (readonly number[])[];
}

const { cases, adversarial } = JSON.parse(
  readFileSync(new URL('./data/models.json', import.meta.url), 'utf8'),
) as {
  cases: Case[];
  adversarial: Case;
};

const N = 6;
const seeded = (seed: number, shape: readonly number[], low = -1, high = 1) =>
  seededArray({ seed, shape, low, high });

function twoByTwo(): AnyModel {
  const inputs = { a: input({ shape: [3] }), b: input({ shape: [3] }) };
  const shared = dense({
    units: 4,
    activation: 'tanh',
    kernelRegularizer: l2({ l2: 0.1 }),
    biasRegularizer: l1({ l1: 0.05 }),
    kernelConstraint: maxNorm({ maxValue: 0.5, axis: 0 }),
  });
  const h = concatenate()([shared(inputs.a), shared(inputs.b)]);
  const kind = dense({ units: 3, activation: 'softmax' })(h);
  const outputs = { kind, size: dense({ units: 2 })(h) };
  return model({ inputs, outputs });
}

function masked(): AnyModel {
  const x = input({ shape: [4, 2] });
  return model({ inputs: x, outputs: dense({ units: 2 })(masking()(x)) });
}

function maskedX() {
  const x = seeded(5, [N, 4, 2]);
  for (let i = 0; i < N; i++) x.fill(0, 8 * i + 2 * (1 + (i % 4)), 8 * (i + 1));
  return x;
}

const classifier = () => sequential([dense({ units: 3, activation: 'softmax', inputShape: [3] })]);

const pairs = {
  x: { a: seeded(1, [N, 3]), b: seeded(2, [N, 3]) },
  y: { kind: seededLabels(3, N, 3), size: seeded(4, [N, 2]) },
};
const both = { kind: 'sparseCategoricalCrossentropy', size: 'meanSquaredError' } as const;
const metrics = [['accuracy'], ['meanAbsoluteError']] as const;
const steps = { x: maskedX(), y: seeded(8, [N, 4, 2]) };

interface Setting {
  readonly make: () => AnyModel;
  readonly compile: CompileOptions;
  readonly x: Parameters<AnyModel['trainOnBatch']>[0];
  readonly y: Parameters<AnyModel['trainOnBatch']>[1];
  readonly weights?: SampleWeightOptions;
}

const settings: Readonly<Record<string, Setting>> = {
  plain: { make: twoByTwo, compile: { loss: both, metrics }, ...pairs },
  lossWeights: { make: twoByTwo, compile: { loss: both, lossWeights: [0.5, 2], metrics }, ...pairs },
  sampleWeight: {
    make: twoByTwo,
    compile: { loss: both, metrics, weightedMetrics: { size: 'meanSquaredError' } },
    ...pairs,
    weights: { sampleWeight: { kind: seeded(6, [N], 0, 2), size: seeded(7, [N], 0, 2) } },
  },
  classWeight: {
    make: classifier,
    compile: { loss: 'sparseCategoricalCrossentropy', weightedMetrics: ['accuracy'] },
    x: pairs.x.a,
    y: pairs.y.kind,
    weights: { classWeight: { 0: 2, 2: 0.25 } },
  },
  mask: {
    make: masked,
    compile: { loss: 'meanSquaredError', metrics: ['meanAbsoluteError'] },
    ...steps,
  },
  maskAndWeight: {
    make: masked,
    compile: { loss: 'meanSquaredError', weightedMetrics: ['meanAbsoluteError'] },
    ...steps,
    weights: { sampleWeight: { data: seeded(9, [N, 4], 0, 2), shape: [N, 4] } },
  },
};

/** kindLoss for kind_loss. */
const ours = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Digits that agree with Keras', which computes in float32. */
const DIGITS = 5;

describe.each(backends)(
  'losses and metrics of several outputs on $name follow Keras',
  ({ make, threads }) => {
    it.each(cases.map((one) => [one.name, one] as const))('%s', async (name, { logs, weights }) => {
      const setting = settings[name]!;
      const backend: Backend = await make(threads[0]!);
      const network: AnyModel = setting.make();
      network.compile({ ...setting.compile, optimizer: sgd({ learningRate: 0.2 }), backend });
      const own = await network.getWeights();
      network.setWeights(own.map(({ shape }, k) => seeded(50 + k, shape, -0.5, 0.5)));
      for (const expected of logs) {
        const received = await network.trainOnBatch(setting.x, setting.y, setting.weights);
        expect(Object.keys(received).sort()).toEqual(Object.keys(expected).map(ours).sort());
        for (const [figure, value] of Object.entries(expected)) {
          expect(received[ours(figure)], figure).toBeCloseTo(value, DIGITS);
        }
      }
      const after = await network.getWeights();
      expect(after).toHaveLength(weights.length);
      weights.forEach((values, k) => {
        values.forEach((value, i) => {
          expect(after[k]!.data[i], `${after[k]!.name}[${i}]`).toBeCloseTo(value, DIGITS);
        });
      });
    });
  },
);

describe.each(backends)('a step of two players on $name follows PyTorch', ({ make, threads }) => {
  it('alternating, each with its own optimizer', async () => {
    const backend = await make(threads[0]!);
    const generator = sequential([dense({ units: 2, inputShape: [2] })]);
    const discriminator = sequential([
      dense({ units: 4, activation: 'tanh', inputShape: [2] }),
      dense({ units: 1 }),
    ]);
    for (const [player, first] of [[generator, 60] as const, [discriminator, 62] as const]) {
      const own = await player.getWeights();
      player.setWeights(own.map(({ shape }, k) => seeded(first + k, shape, -0.5, 0.5)));
    }
    const [forD, forG] = [sgd({ learningRate: 0.3 }), sgd({ learningRate: 0.3 })];
    const bce = binaryCrossentropy({ fromLogits: true });
    const step = trainStep({
      inputs: { real: [2], noise: [2] },
      backend,
      build(scope, { real, noise }) {
        const [yes, no] = [ones([scope.batchSize, 1]), zeros([scope.batchSize, 1])];
        const fake = scope.call(generator, noise);
        const judge = (x: Tensor) => scope.call(discriminator, x);
        const dLoss = add(scope.loss(bce, yes, judge(real)), scope.loss(bce, no, judge(fake)));
        scope.minimize(dLoss, discriminator, forD);
        const gLoss = scope.loss(bce, yes, judge(fake));
        scope.minimize(gLoss, generator, forG);
        return { dLoss, gLoss };
      },
    });
    const data = { real: seeded(10, [N, 2]), noise: seeded(11, [N, 2]) };
    for (const { d_loss, g_loss } of adversarial.logs) {
      const { dLoss, gLoss } = await step.run(data);
      expect(dLoss).toBeCloseTo(d_loss!, DIGITS);
      expect(gLoss).toBeCloseTo(g_loss!, DIGITS);
    }
    const after = [...(await generator.getWeights()), ...(await discriminator.getWeights())];
    adversarial.weights.forEach((values, k) => {
      values.forEach((value, i) => {
        expect(after[k]!.data[i], `weight ${k}[${i}]`).toBeCloseTo(value, DIGITS);
      });
    });
  });
});
