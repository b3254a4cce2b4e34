import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { Layer } from '../../src/nn/layer.ts';
import { dense, dropout } from '../../src/nn/layers/index.ts';
import { sgd } from '../../src/nn/optimizers/index.ts';
import { divide, less, log, multiply, sqrt, subtract, where } from '../../src/ops/index.ts';
import {
  findNonFinite,
  type Model,
  NonFiniteLossError,
  sequential,
  terminateOnNaN,
} from '../../src/train/index.ts';

/** A layer without weights. */
class Compute extends Layer {
  readonly type = 'compute';
  readonly #compute: (x: Tensor) => Tensor;

  constructor(name: string, compute: (x: Tensor) => Tensor) {
    super({ name });
    this.#compute = compute;
  }

  build(inputShape: readonly number[]) {
    return inputShape;
  }

  call(x: Tensor): Tensor {
    return this.#compute(x);
  }

  protected options() {
    return {};
  }
}

const X = [
  [1, 2],
  [0, 3],
];
const Y = [[1], [2]];

/** dense, the computation under the name `middle`, dense; all weights 1, all biases 0. */
function network(compute: (x: Tensor) => Tensor, learningRate = 0.1): Model {
  const model = sequential(
    [
      dense({ units: 2, useBias: false, inputShape: [2], kernelInitializer: 'ones' }),
      new Compute('middle', compute),
      dropout({ rate: 0.1 }),
      dense({ units: 1, useBias: false, kernelInitializer: 'ones' }),
    ],
    { seed: 1 },
  );
  model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError', backend: referenceBackend() });
  return model;
}

const same = (x: Tensor) => multiply(x, 1);

describe('findNonFinite', () => {
  it('finds nothing in a step that is finite, and updates nothing', async () => {
    const model = network(same);
    const before = await model.getWeights();
    expect(await findNonFinite(model, [X, Y])).toBeUndefined();
    expect(await model.getWeights()).toEqual(before);
  });

  it('names layer, op and place of the first value that is not finite', async () => {
    // 1·1 + 2·1 = 3 for the first sample: 3 − 3 = 0, and 1/0 is infinite.
    const model = network((x) => divide(1, subtract(x, 3)));
    expect(await findNonFinite(model, [[X[0]!, [0, 4]], Y])).toEqual({
      phase: 'forward',
      name: 'middle',
      op: 'divide',
      shape: [2, 2],
      value: Number.POSITIVE_INFINITY,
      index: [0, 0],
      count: 2,
      message:
        "layer 'middle' is where it begins: its divide gave Infinity at [0,0], in 2 of 4 values of shape [2,2].",
    });
  });

  it('names the gradient where only that is not finite', async () => {
    const model = network((x) => sqrt(subtract(x, 3)));
    const found = await findNonFinite(model, [X, Y]);
    expect(found).toMatchObject({ phase: 'backward', name: 'middle', value: -Infinity });
    expect(found!.message).toMatch(
      /^the gradient of layer 'middle' is where it begins: its \w+ gave .*the loss is finite\.$/,
    );
  });

  it('names a weight that came in so', async () => {
    const model = network(same);
    const [kernel, last] = await model.getWeights();
    model.setWeights([[1, 1, Number.NaN, 1], last!]);
    expect(kernel!.name).toBe('dense/kernel');
    expect(await findNonFinite(model, [X, Y])).toMatchObject({
      phase: 'weight',
      name: 'dense/kernel',
      index: [1, 0],
      message: 'the weight dense/kernel holds NaN at [1,0], in 1 of 4 values of shape [2,2].',
    });
  });

  it('names the loss where the results of all layers are finite', async () => {
    const model = network((x) => multiply(x, 1e30));
    const found = await findNonFinite(model, [X, Y]);
    expect(found).toMatchObject({ phase: 'loss', name: undefined, value: Number.POSITIVE_INFINITY });
  });

  it('does not blame values that do no harm', async () => {
    // ln(−1) is NaN, and never taken.
    const model = network((x) => where(less(x, 1e9), x, log(subtract(multiply(x, 0), 1))));
    expect(await findNonFinite(model, [X, Y])).toBeUndefined();
  });
});

describe('terminateOnNaN', () => {
  it('names the layer, and leaves the weights from before the step', async () => {
    const model = network((x) => log(x));
    const before = await model.getWeights();
    // The second batch begins with a sample whose sum is negative.
    const x = [...X, [-5, 1], [2, 2]];
    const training = model.fit(x, [...Y, ...Y], {
      batchSize: 2,
      shuffle: false,
      epochs: 3,
      callbacks: [terminateOnNaN()],
    });
    await expect(training).rejects.toThrow(NonFiniteLossError);
    await expect(training).rejects.toThrow(
      "terminateOnNaN: expected a finite loss in epoch 1, batch 2; received NaN. Layer 'middle' is where it begins: its log gave NaN at [0,0], in 2 of 4 values of shape [2,2].",
    );
    const after = await model.getWeights();
    expect(after.every(({ data }) => data.every(Number.isFinite))).toBe(true);
    expect(after).not.toEqual(before);
  });

  it('looks at the step before, where that spoilt the weights', async () => {
    const model = network((x) => sqrt(subtract(x, 3)));
    const before = await model.getWeights();
    const training = model.fit(X, Y, { epochs: 3, callbacks: [terminateOnNaN()] });
    await expect(training).rejects.toThrow(
      /epoch 2, batch 1; received NaN\. The gradient of layer 'middle' is where it begins.*The model has the weights from before that step\./,
    );
    expect(await model.getWeights()).toEqual(before);
  });

  it('blames the update where loss and gradient are finite', async () => {
    const model = network(same, 1e38);
    await expect(model.fit(X, Y, { epochs: 5, callbacks: [terminateOnNaN()] })).rejects.toThrow(
      /received (NaN|Infinity)\. (The update of dense\S*\/kernel is where it begins; its gradient is finite|The loss is where it begins|Layer)/,
    );
  });

  it('may be told not to look', async () => {
    const model = network((x) => log(subtract(x, 3)));
    await expect(model.fit(X, Y, { callbacks: [terminateOnNaN({ findLayer: false })] })).rejects.toThrow(
      /^terminateOnNaN: expected a finite loss in epoch 1, batch 1; received -?(NaN|Infinity)\. $/,
    );
  });

  it('does nothing to a run that is fine', async () => {
    const [plain, watched] = [network(same), network(same)];
    await plain.fit(X, Y, { epochs: 3 });
    await watched.fit(X, Y, { epochs: 3, callbacks: [terminateOnNaN()] });
    expect(await watched.getWeights()).toEqual(await plain.getWeights());
  });
});
