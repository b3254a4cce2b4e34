import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { mean } from '../../src/functional/mean.ts';
import { Variable } from '../../src/ir/tensor.ts';
import { batchNormalization, dense, dropout } from '../../src/nn/layers/index.ts';
import { binaryCrossentropy } from '../../src/nn/losses/index.ts';
import { adam, sgd } from '../../src/nn/optimizers/index.ts';
import { l2 } from '../../src/nn/regularizers/index.ts';
import { add, multiply, ones, subtract, zeros } from '../../src/ops/index.ts';
import { sequential, trainStep } from '../../src/train/index.ts';
import { backends } from '../support/backends.ts';
import { gaussian } from './data.ts';

const exact = referenceBackend({ precision: 64 });
const CENTRE = [1.5, -0.5] as const;

function players(seed: number) {
  const generator = sequential([dense({ units: 2, inputShape: [2] })], { seed });
  const discriminator = sequential(
    [dense({ units: 16, activation: 'leakyRelu', inputShape: [2] }), dense({ units: 1 })],
    { seed: seed + 1 },
  );
  return { generator, discriminator };
}

/** Two players, each updated by an optimizer of its own. */
function gan({ generator, discriminator }: ReturnType<typeof players>, backend: Backend) {
  // Little momentum, as is usual for two players (A. Radford et al., 2016): they circle around each other otherwise.
  const rates = { learningRate: 0.01, beta1: 0.5 };
  const [forD, forG] = [adam(rates), adam(rates)];
  const bce = binaryCrossentropy({ fromLogits: true });
  return trainStep({
    inputs: { real: [2] },
    backend,
    seed: 4,
    build(scope, { real }) {
      const { batchSize } = scope;
      const fake = scope.call(generator, scope.randomNormal([batchSize, 2]));
      const [yes, no] = [ones([batchSize, 1]), zeros([batchSize, 1])];
      const dLoss = add(
        scope.loss(bce, yes, scope.call(discriminator, real)),
        scope.loss(bce, no, scope.call(discriminator, fake)),
      );
      scope.minimize(dLoss, discriminator, forD);
      const gLoss = scope.loss(bce, yes, scope.call(discriminator, fake));
      scope.minimize(gLoss, generator, forG);
      return { dLoss, gLoss };
    },
  });
}

describe.each(backends)('a generative adversarial step on $name', ({ make, threads }) => {
  it('teaches the generator where the points lie', async () => {
    const both = players(3);
    const step = gan(both, await make(threads[0]!));
    const batch = 64;
    for (let i = 0; i < 400; i++) {
      const real = gaussian(batch, CENTRE, i);
      const { dLoss, gLoss } = await step.run({ real });
      expect(Number.isFinite(dLoss) && Number.isFinite(gLoss)).toBe(true);
    }
    expect(step.steps).toBe(400);
    const noise = gaussian(500, [0, 0], 9999, 1);
    const { data } = await both.generator.predict(noise);
    const middle = [0, 1].map((axis) => data.filter((_, i) => i % 2 === axis).reduce((a, b) => a + b) / 500);
    expect(Math.abs(middle[0]! - CENTRE[0])).toBeLessThan(0.25);
    expect(Math.abs(middle[1]! - CENTRE[1])).toBeLessThan(0.25);
  });

  it('gives the same bits again', async () => {
    const run = async () => {
      const both = players(3);
      const step = gan(both, await make(threads[0]!));
      const figures = [];
      for (let i = 0; i < 3; i++) figures.push(await step.run({ real: gaussian(8, CENTRE, i) }));
      return { figures, weights: await both.generator.getWeights() };
    };
    expect(await run()).toEqual(await run());
  });
});

describe('minimize', () => {
  const one = (value: number) => new Variable('v', [1], 'float32', new Float32Array([value]));

  it('changes what it is told alone, though gradients flow through the rest', async () => {
    const both = players(1);
    const before = await both.discriminator.getWeights();
    const step = trainStep({
      inputs: { z: [2] },
      backend: exact,
      build(scope, { z }) {
        const loss = mean(scope.call(both.discriminator, scope.call(both.generator, z)));
        scope.minimize(loss, both.generator, sgd({ learningRate: 0.1 }));
        return { loss };
      },
    });
    const old = await both.generator.getWeights();
    await step.run({ z: [[1, 2]] });
    expect(await both.discriminator.getWeights()).toEqual(before);
    expect(await both.generator.getWeights()).not.toEqual(old);
  });

  it('is followed by what reads the new values', async () => {
    const v = one(1);
    const step = trainStep({
      inputs: { x: [1] },
      backend: exact,
      build(scope, { x }) {
        // d/dv of v·x = 3: one step of 0.5 leads from 1 to −0.5.
        scope.minimize(mean(multiply(scope.read(v), x)), v, optimizer);
        return { after: mean(scope.read(v)) };
      },
    });
    expect(await step.run({ x: [[3]] })).toEqual({ after: -0.5 });
    expect(Array.from(await v.read())).toEqual([-0.5]);
  });
  const optimizer = sgd({ learningRate: 0.5 });

  it('may update the same weights twice in a step', async () => {
    const v = one(8);
    const [first, second] = [sgd({ learningRate: 0.25 }), sgd({ learningRate: 0.25 })];
    const step = trainStep({
      inputs: { x: [1] },
      backend: exact,
      build(scope, { x }) {
        const square = () => mean(multiply(multiply(scope.read(v), scope.read(v)), x));
        scope.minimize(square(), v, first);
        const loss = square();
        scope.minimize(loss, v, second);
        return { loss };
      },
    });
    // v ← v − 0.25 · 2v halves it each time.
    expect(await step.run({ x: [[1]] })).toEqual({ loss: 16 });
    expect(Array.from(await v.read())).toEqual([2]);
  });

  it('keeps the state of its optimizers over batch sizes', async () => {
    const run = async (sizes: readonly number[]) => {
      const v = one(1);
      const forV = adam({ learningRate: 0.1 });
      const step = trainStep({
        inputs: { x: [1] },
        backend: exact,
        build(scope, { x }) {
          const off = subtract(mean(x), scope.read(v));
          const loss = mean(multiply(off, off));
          scope.minimize(loss, v, forV);
          return { loss };
        },
      });
      for (const size of sizes) await step.run({ x: new Float32Array(size).fill(4) });
      return (await v.read())[0]!;
    };
    expect(await run([1, 2, 3])).toBeCloseTo(await run([2, 2, 2]), 12);
  });

  it('goes on from a state', async () => {
    const make = () => {
      const network = sequential([dense({ units: 1, inputShape: [1] }), dropout({ rate: 0.5 })], { seed: 6 });
      const forIt = adam();
      const step = trainStep({
        inputs: { x: [1] },
        backend: exact,
        build(scope, { x }) {
          const loss = scope.loss('meanSquaredError', x, scope.call(network, x));
          scope.minimize(loss, network, forIt);
          return { loss };
        },
      });
      return { network, step };
    };
    const x = new Float32Array([1, 2, 3, 4]);
    const whole = make();
    for (let i = 0; i < 4; i++) await whole.step.run({ x });
    const begun = make();
    for (let i = 0; i < 2; i++) await begun.step.run({ x });
    const resumed = make();
    await resumed.step.prepare(4);
    resumed.step.restore(await begun.step.state());
    resumed.network.setWeights(await begun.network.getWeights());
    for (let i = 0; i < 2; i++) await resumed.step.run({ x });
    expect(await resumed.network.getWeights()).toEqual(await whole.network.getWeights());
    expect(() => make().step.restore({ steps: 1, optimizers: [] })).not.toThrow();
  });
});

describe('a step of one’s own', () => {
  it('does what trainOnBatch does, bit for bit, where it says the same', async () => {
    const make = () =>
      sequential([dense({ units: 4, activation: 'tanh', inputShape: [2] }), dense({ units: 1 })], {
        seed: 8,
      });
    const [own, usual] = [make(), make()];
    usual.compile({ optimizer: adam(), loss: 'meanSquaredError', backend: exact });
    const forOwn = adam();
    const step = trainStep({
      inputs: { x: [2], y: [1] },
      backend: exact,
      build(scope, { x, y }) {
        const loss = scope.loss('meanSquaredError', y, scope.call(own, x));
        scope.minimize(loss, own, forOwn);
        return { loss };
      },
    });
    for (let i = 0; i < 3; i++) {
      const [x, y] = [gaussian(5, CENTRE, i), gaussian(5, CENTRE, 50 + i).subarray(0, 5)];
      expect(await step.run({ x, y })).toEqual(await usual.trainOnBatch(x, y));
    }
    expect(await own.getWeights()).toEqual(await usual.getWeights());
  });

  it('penalizes weights where it says so', async () => {
    const network = sequential([
      dense({ units: 1, useBias: false, kernelRegularizer: l2({ l2: 0.5 }), inputShape: [1] }),
    ]);
    network.setWeights([[3]]);
    const plain = sequential([dense({ units: 1, inputShape: [1] })]);
    const step = trainStep({
      inputs: { x: [1] },
      backend: exact,
      build: (scope) => ({
        penalty: scope.penalty(network) ?? zeros([1]),
        none: scope.penalty(plain) ? ones([1]) : zeros([1]),
      }),
    });
    expect(await step.run({ x: [[1]] })).toEqual({ penalty: 4.5, none: 0 });
  });

  it('follows statistics through several calls of one layer', async () => {
    const norm = batchNormalization({ momentum: 0.5, inputShape: [1] });
    const network = sequential([norm]);
    const step = trainStep({
      inputs: { x: [1] },
      backend: exact,
      build(scope, { x }) {
        const twice = scope.call(network, add(scope.call(network, x), 3));
        return { out: mean(scope.call(network, twice, { training: false })) };
      },
    });
    await step.run({ x: [[2], [6]] });
    const [, , movingMean] = await network.getWeights();
    // 0 → 2 with the mean 4 of x, then → 2.5 with the mean 3 of what it gave plus 3.
    expect(movingMean!.data[0]).toBeCloseTo(2.5, 6);
  });

  it('takes inputs of integers, and none at all it refuses', async () => {
    const step = trainStep({
      inputs: { label: { shape: [], dtype: 'int32' } },
      backend: exact,
      build: (_scope, { label }) => ({ dtype: label.dtype === 'int32' ? mean(ones([1])) : mean(zeros([1])) }),
    });
    expect(await step.run({ label: [1, 2] })).toEqual({ dtype: 1 });
    expect(() => step.run({ label: [1, 2.5] })).toThrow(
      'sample 1): expected integers, as the input says, received 2.5',
    );
    expect(() => trainStep({ inputs: {}, build: () => ({}) })).toThrow('expected at least one input');
  });

  it('draws other numbers in each step', async () => {
    const step = trainStep({
      inputs: { x: [1] },
      backend: exact,
      build(scope) {
        const [a, b] = [scope.randomNormal([500]), scope.randomUniform([500], { low: 2, high: 4 })];
        return { average: mean(a), square: mean(multiply(a, a)), level: mean(b) };
      },
    });
    const [first, second] = [await step.run({ x: [1] }), await step.run({ x: [1] })];
    expect(first.average).not.toBe(second.average);
    expect(Math.abs(first.average)).toBeLessThan(0.15);
    expect(first.square).toBeGreaterThan(0.8);
    expect(first.square).toBeLessThan(1.2);
    expect(first.level).toBeGreaterThan(2.9);
    expect(first.level).toBeLessThan(3.1);
  });

  it('tells what is wrong', async () => {
    const make = (build: Parameters<typeof trainStep>[0]['build']) =>
      trainStep({ inputs: { x: [2] }, backend: exact, build: build as never }).run({ x: [[1, 2]] });
    const network = sequential([dropout({ rate: 0.1, inputShape: [2] })]);
    await expect(make((_s, { x }) => ({ x: x! }))).rejects.toThrow(
      'expected scalars as results; received x of shape [1,2]',
    );
    await expect(
      make((s, { x }) => {
        s.minimize(mean(s.call(network, x!)), network, sgd());
        return {};
      }),
    ).rejects.toThrow('something with trainable weights');
    await expect(
      make((s, { x }) => {
        s.minimize(x!, network, sgd());
        return {};
      }),
    ).rejects.toThrow('expected a scalar loss; received shape [1,2]');
    const step = trainStep({ inputs: { x: [2] }, backend: exact, build: () => ({}) });
    expect(() => step.run({ x: [[1, 2, 3]] })).toThrow('another shape');
    expect(() => step.run({ y: [[1, 2]] } as never)).toThrow('expected arrays for x');
  });
});
