import { describe, expect, it } from 'vitest';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  leakyRelu,
  meanSquaredError,
  oneHot,
  relu,
  softmax,
  step,
} from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { activation, dense, flatten } from '../../src/nn/layers/index.ts';
import { adam, sgd } from '../../src/nn/optimizers/index.ts';
import { constant, log, multiply, negative, sigmoid, sqrt, sum, tanh } from '../../src/ops/index.ts';
import { selectBackend } from '../../src/runtime.ts';
import { earlyStopping, type Model, sequential } from '../../src/train/index.ts';
import { gradientOf, valuesOf } from '../support/values.ts';

const rounded = async (node: Tensor, digits: number) =>
  (await valuesOf(node)).map((value) => Number(value.toFixed(digits)));

const CORNERS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const XOR = [0, 1, 1, 0];

describe('activations', () => {
  it('softmax(5,4,2) = (0.71, 0.26, 0.04) and softmax(4,2,8) = (0.02, 0.00, 0.98)', async () => {
    expect(await rounded(softmax(constant([5, 4, 2])), 2)).toEqual([0.71, 0.26, 0.04]);
    expect(await rounded(softmax(constant([4, 2, 8])), 2)).toEqual([0.02, 0, 0.98]);
  });

  it('step, sigmoid, tanh, ReLU and LeakyReLU', async () => {
    const x = constant([-1, 0, 2]);
    expect(await rounded(step(x), 4)).toEqual([0, 0, 1]);
    expect(await rounded(sigmoid(x), 4)).toEqual([0.2689, 0.5, 0.8808]);
    expect(await rounded(tanh(x), 4)).toEqual([-0.7616, 0, 0.964]);
    expect(await rounded(relu(x), 4)).toEqual([0, 0, 2]);
    expect(await rounded(leakyRelu(x, 0.1), 4)).toEqual([-0.1, 0, 2]);
  });
});

describe('losses', () => {
  const row = (...values: number[]) => constant(values, [1, values.length]);

  it('BCE(1,1) = 0 and BCE(0.73, 1) = 0.3147; the deck that prints 0.14 takes the decimal logarithm', async () => {
    expect(await rounded(binaryCrossentropy(row(1), row(1)), 4)).toEqual([0]);
    expect(await rounded(binaryCrossentropy(row(1), row(0.73)), 4)).toEqual([0.3147]);
    expect(Number((-Math.log10(0.73)).toFixed(4))).toBe(0.1367);
  });

  it('BCE stays finite where log 0 is undefined, by clipping', async () => {
    const [value] = await valuesOf(binaryCrossentropy(row(1), row(0)));
    expect(value).toBeCloseTo(-Math.log(1e-7), 4);
  });

  it('the cross-entropy of (0.8, 0.2) against (1, 0) is 0.2231', async () => {
    expect(await rounded(categoricalCrossentropy(row(1, 0), row(0.8, 0.2)), 4)).toEqual([0.2231]);
  });

  it('the entropy −Σ p log p is the cross-entropy of p with itself', async () => {
    const p = row(0.5, 0.25, 0.25);
    const entropy = negative(sum(multiply(p, log(p))));
    const [value] = await valuesOf(entropy);
    expect(value).toBeCloseTo(1.5 * Math.LN2, 12);
    expect((await valuesOf(categoricalCrossentropy(p, p)))[0]).toBeCloseTo(value!, 6);
  });

  it('MSE: truth 80, prediction 40 → 1600, prediction 75 → 25', async () => {
    expect(await valuesOf(meanSquaredError(row(80), row(40)))).toEqual([1600]);
    expect(await valuesOf(meanSquaredError(row(80), row(75)))).toEqual([25]);
  });

  it('MSE of vectors: (1,000,000, 5,000) against (800,000, 4,500) → 2.0000125·10¹⁰, and its root', async () => {
    const loss = meanSquaredError(row(1_000_000, 5_000), row(800_000, 4_500));
    expect(await valuesOf(loss)).toEqual([2.0000125e10]);
    expect((await valuesOf(sqrt(loss)))[0]).toBeCloseTo(141_421.8, 1);
  });

  it('a loss belongs to a sample, a cost to a batch', async () => {
    const model = sequential([dense({ units: 1, inputShape: [1] })]);
    model.compile({ loss: 'meanSquaredError', backend: await selectBackend('reference') });
    model.setWeights([[0], [75]]);
    const losses = [80, 70, 75].map((y) => (y - 75) ** 2);
    expect((await model.evaluate([[0], [0], [0]], [80, 70, 75])).loss).toBeCloseTo(
      losses.reduce((total, loss) => total + loss) / 3,
      5,
    );
  });

  it('one-hot: cat, dog, horse', async () => {
    expect(await valuesOf(oneHot(constant([0, 1, 2], [3], 'int32'), 3))).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });
});

describe('gradient descent', () => {
  it('makes the step p ← p − α ∂J/∂p, in matrix form', async () => {
    // ŷ = X·θ + b, J = (1/n) Σ (ŷ − y)²: ∂J/∂θ = (2/n) Xᵀ(ŷ − y), ∂J/∂b = (2/n) Σ (ŷ − y).
    const [X, y, theta, b, alpha] = [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [1, 0, 2],
      [0.5, -0.25],
      0.1,
      0.01,
    ];
    const model = sequential([dense({ units: 1, inputShape: [2] })]);
    model.compile({ optimizer: sgd({ learningRate: alpha }), loss: 'meanSquaredError' });
    model.setWeights([theta, [b]]);
    await model.trainOnBatch(X, y);
    const residual = X.map((row, i) => row[0]! * theta[0]! + row[1]! * theta[1]! + b - y[i]!);
    const slope = [0, 1].map((j) => (2 / 3) * residual.reduce((total, r, i) => total + r * X[i]![j]!, 0));
    const biasSlope = (2 / 3) * residual.reduce((total, r) => total + r, 0);
    const [kernel, bias] = await model.getWeights();
    expect(kernel!.data[0]).toBeCloseTo(theta[0]! - alpha * slope[0]!, 6);
    expect(kernel!.data[1]).toBeCloseTo(theta[1]! - alpha * slope[1]!, 6);
    expect(bias!.data[0]).toBeCloseTo(b - alpha * biasSlope, 6);
  });

  it('and the normal equation reach the same θ', async () => {
    // Life expectancy left from age: θ* = (XᵀX)⁻¹Xᵀy on centred, scaled ages.
    const ages = [-1.5, -0.5, 0, 0.75, 1.25];
    const years = [62, 48, 42, 33, 27];
    const [n, sx, sy] = [5, ages.reduce((a, x) => a + x), years.reduce((a, y) => a + y)];
    const sxx = ages.reduce((a, x) => a + x * x, 0);
    const sxy = ages.reduce((a, x, i) => a + x * years[i]!, 0);
    const theta1 = (n * sxy - sx * sy) / (n * sxx - sx * sx);
    const theta0 = (sy - theta1 * sx) / n;
    const model = sequential([dense({ units: 1, inputShape: [1] })], { seed: 0 });
    model.compile({ optimizer: sgd({ learningRate: 0.2 }), loss: 'meanSquaredError' });
    await model.fit(Float32Array.from(ages), years, { epochs: 200, batchSize: 5 });
    const [kernel, bias] = await model.getWeights();
    expect(kernel!.data[0]).toBeCloseTo(theta1, 3);
    expect(bias!.data[0]).toBeCloseTo(theta0, 3);
  });

  it('batch, mini-batch and stochastic descent differ in the number of steps', async () => {
    for (const [batchSize, steps] of [
      [8, 1],
      [4, 2],
      [1, 8],
    ] as const) {
      let batches = 0;
      const model = sequential([dense({ units: 1, inputShape: [1] })]);
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      const onBatchEnd = () => void batches++;
      await model.fit(new Float32Array(8), new Float32Array(8), { batchSize, callbacks: [{ onBatchEnd }] });
      expect(batches).toBe(steps);
    }
  });

  it('fails from equal weights: zeros never break the symmetry of hidden neurons, ones do not either', async () => {
    for (const kernelInitializer of ['zeros', 'ones'] as const) {
      const model = sequential([
        dense({ units: 4, activation: 'tanh', kernelInitializer, inputShape: [2] }),
        dense({ units: 1, activation: 'sigmoid', kernelInitializer }),
      ]);
      model.compile({
        optimizer: adam({ learningRate: 0.05 }),
        loss: 'binaryCrossentropy',
        metrics: ['accuracy'],
      });
      const { history } = await model.fit(CORNERS, XOR, { epochs: 150 });
      // Four equal neurons are one neuron, which cannot solve XOR.
      expect(history.accuracy!.at(-1)).toBeLessThanOrEqual(0.75);
      const [hidden] = await model.getWeights();
      for (const start of [0, 4]) {
        const row = hidden!.data.slice(start, start + 4);
        expect(Math.max(...row) - Math.min(...row)).toBe(0);
      }
    }
  });

  it('vanishes through many sigmoids, not through ReLUs', async () => {
    const slope = async (f: (x: Tensor) => Tensor) => {
      const x = constant([1]);
      let y = x;
      for (let i = 0; i < 10; i++) y = f(y);
      return Math.abs((await gradientOf(y, x))[0]!);
    };
    expect(await slope(sigmoid)).toBeLessThan(0.25 ** 10);
    expect(await slope(relu)).toBe(1);
  });

  it('does not pass a step function: nothing behind it learns', async () => {
    const model = sequential([
      dense({ units: 4, inputShape: [2] }),
      activation('step'),
      dense({ units: 1, activation: 'sigmoid' }),
    ]);
    model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' });
    const before = await model.getWeights();
    await model.trainOnBatch(CORNERS, XOR);
    const after = await model.getWeights();
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[3]).not.toEqual(before[3]);
  });
});

describe('XOR', () => {
  async function best(model: Model): Promise<number> {
    model.compile({
      optimizer: adam({ learningRate: 0.05 }),
      loss: 'binaryCrossentropy',
      metrics: ['accuracy'],
    });
    const { history } = await model.fit(CORNERS, XOR, { epochs: 200 });
    return history.accuracy!.at(-1)!;
  }

  it('is solved by a hidden layer and by no linear model', async () => {
    expect(
      await best(sequential([dense({ units: 1, activation: 'sigmoid', inputShape: [2] })], { seed: 1 })),
    ).toBeLessThanOrEqual(0.75);
    const hidden = sequential(
      [dense({ units: 8, activation: 'tanh', inputShape: [2] }), dense({ units: 1, activation: 'sigmoid' })],
      { seed: 1 },
    );
    expect(await best(hidden)).toBe(1);
  });
});

describe('validation', () => {
  it('never updates a parameter', async () => {
    const weights = async (validationData?: [number[][], number[]]) => {
      const model = sequential([dense({ units: 1, inputShape: [2] })], { seed: 4 });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      await model.fit(CORNERS, XOR, { epochs: 3, validationData });
      return model.getWeights();
    };
    expect(await weights([[[9, 9]], [100]])).toEqual(await weights());
  });

  it('shows overfitting, at which early stopping ends the run', async () => {
    // Labels without a rule: the network can only learn them by heart, and the validation loss rises.
    const label = (i: number) => (Math.imul(i + 1, 0x9e3779b1) >>> 29) & 1;
    const x = Float32Array.from({ length: 160 }, (_, i) => Math.sin(12.9898 * (i + 1)));
    const y = Float32Array.from({ length: 40 }, (_, i) => label(i));
    const model = sequential(
      [dense({ units: 64, activation: 'relu', inputShape: [4] }), dense({ units: 1, activation: 'sigmoid' })],
      { seed: 2 },
    );
    const compile = () =>
      model.compile({ optimizer: adam({ learningRate: 0.02 }), loss: 'binaryCrossentropy' });
    compile();
    const start = await model.getWeights();
    const long = await model.fit(x, y, { epochs: 60, validationSplit: 0.5 });
    expect(long.history.loss!.at(-1)).toBeLessThan(long.history.loss![0]! / 2);
    expect(long.history.valLoss!.at(-1)).toBeGreaterThan(1.5 * Math.min(...long.history.valLoss!));
    compile();
    model.setWeights(start);
    const stop = earlyStopping({ patience: 5, restoreBestWeights: true });
    const short = await model.fit(x, y, { epochs: 60, validationSplit: 0.5, callbacks: [stop] });
    expect(short.stopped).toBe(true);
    const { loss } = await model.evaluate(x.slice(80), y.slice(20));
    expect(loss).toBeCloseTo(Math.min(...short.history.valLoss!), 5);
  });
});

describe('parameters', () => {
  it('(10,000 + 1)·100 + 101·3 = 1,000,403 for a 100×100 image, 100 hidden units and 3 outputs', () => {
    const model = sequential([
      flatten({ inputShape: [100, 100, 1] }),
      dense({ units: 100, activation: 'relu' }),
      dense({ units: 3, activation: 'softmax' }),
    ]);
    expect(model.countParams()).toBe(1_000_403);
    expect(model.countParams()).toBe((10_000 + 1) * 100 + 101 * 3);
  });
});
