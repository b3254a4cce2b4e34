import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { dense } from '../../src/nn/layers/index.ts';
import { adam, type Optimizer, resolveOptimizer, sgd } from '../../src/nn/optimizers/index.ts';
import { sequential } from '../../src/train/index.ts';

const exact = referenceBackend({ precision: 64 });
const X = [[2], [-1]];
const Y = [[1], [3]];

/** The weight of y = w·x after each step of minimizing the mean squared error, from w = 0.5. */
async function path(optimizer: Optimizer, steps: number): Promise<number[]> {
  const model = sequential([dense({ units: 1, useBias: false, inputShape: [1] })]);
  model.compile({ optimizer, loss: 'meanSquaredError', backend: exact });
  model.setWeights([[0.5]]);
  const weights: number[] = [];
  for (let step = 0; step < steps; step++) {
    await model.trainOnBatch(X, Y);
    weights.push((await model.getWeights())[0]!.data[0]!);
  }
  return weights;
}

/** dJ/dw of J = ½ Σ (w·xᵢ − yᵢ)². */
const slope = (w: number) => X.reduce((sum, [x], i) => sum + (w * x! - Y[i]![0]!) * x!, 0);

function expectPath(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 6);
  });
}

describe('sgd', () => {
  it('goes down the slope', async () => {
    let w = 0.5;
    const expected = Array.from({ length: 4 }, () => {
      w -= 0.1 * slope(w);
      return w;
    });
    expectPath(await path(sgd({ learningRate: 0.1 }), 4), expected);
  });

  it.each([false, true])('with momentum, Nesterov %s', async (nesterov) => {
    let [w, v] = [0.5, 0];
    const expected = Array.from({ length: 5 }, () => {
      const descent = 0.05 * slope(w);
      v = 0.9 * v - descent;
      w += nesterov ? 0.9 * v - descent : v;
      return w;
    });
    expectPath(await path(sgd({ learningRate: 0.05, momentum: 0.9, nesterov }), 5), expected);
  });
});

describe('adam', () => {
  it('follows the formulas of the paper, with ε outside the correction', async () => {
    let [w, m, v] = [0.5, 0, 0];
    const expected = Array.from({ length: 5 }, (_, i) => {
      const g = slope(w);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      const alpha = (0.01 * Math.sqrt(1 - 0.999 ** (i + 1))) / (1 - 0.9 ** (i + 1));
      w -= (alpha * m) / (Math.sqrt(v) + 1e-7);
      return w;
    });
    expectPath(await path(adam({ learningRate: 0.01 }), 5), expected);
  });

  it('moves by the learning rate in its first step', async () => {
    const [w] = await path(adam({ learningRate: 0.01 }), 1);
    expect(w).toBeCloseTo(0.5 - 0.01 * Math.sign(slope(0.5)), 6);
  });
});

describe('learning rates', () => {
  it('may follow a schedule, without compiling again', async () => {
    const rates: number[] = [];
    const schedule = (step: number) => {
      rates.push(step);
      return step === 0 ? 0.1 : 0;
    };
    const weights = await path(sgd({ learningRate: schedule }), 3);
    expect(rates).toEqual([0, 1, 2]);
    expect(weights[2]).toBe(weights[0]);
  });

  it('may be changed between steps', async () => {
    const optimizer = sgd({ learningRate: 0.1 });
    const model = sequential([dense({ units: 1, inputShape: [1] })]);
    model.compile({ optimizer, loss: 'meanSquaredError', backend: exact });
    optimizer.learningRate = 0;
    const before = await model.getWeights();
    await model.trainOnBatch(X, Y);
    expect(await model.getWeights()).toEqual(before);
  });

  it('are refused when they are none', async () => {
    expect(() => sgd({ learningRate: -1 })).toThrow('learningRate');
    expect(() => adam({ learningRate: Number.NaN })).toThrow('received NaN');
    await expect(path(sgd({ learningRate: () => Number.NaN }), 1)).rejects.toThrow('received NaN');
  });
});

describe('options', () => {
  it('have the defaults of Keras', () => {
    expect(sgd().config()).toEqual({ learningRate: 0.01, momentum: 0, nesterov: false });
    const betas = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
    expect(adam().config()).toEqual({ learningRate: 0.001, ...betas, amsgrad: false });
    expect(resolveOptimizer('adam').config()).toEqual(adam().config());
  });

  it('are checked', () => {
    expect(() => sgd({ momentum: 1 })).toThrow('momentum');
    expect(() => adam({ beta2: 1 })).toThrow('beta2');
    expect(() => adam({ epsilon: 0 })).toThrow('epsilon');
    expect(() => resolveOptimizer('SGD' as 'sgd')).toThrow("Did you mean 'sgd'?");
  });
});
