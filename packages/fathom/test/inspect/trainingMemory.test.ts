import { describe, expect, it } from 'vitest';
import { batchNormalization, dense, layers, lenet5, optimizers, sequential } from '../../src/index.ts';
import { describeNetwork, stepMemory, trainingMemory } from '../../src/inspect/index.ts';

describe('the memory of training', () => {
  it('is that of weights, gradients, slots and activations, counted one by one', () => {
    const { totals } = describeNetwork(lenet5());
    const activations = [28 * 28, 28 * 28 * 6, 14 * 14 * 6, 10 * 10 * 16, 5 * 5 * 16, 400, 120, 84, 10];
    const sum = activations.reduce((a, b) => a + b);
    const memory = trainingMemory(totals, optimizers.adam(), 32);
    expect(memory).toEqual({
      weightBytes: 4 * 61_706,
      gradientBytes: 4 * 61_706,
      slotBytes: 2 * 4 * 61_706,
      activationBytes: 32 * 4 * sum,
      totalBytes: 4 * 4 * 61_706 + 32 * 4 * sum,
    });
    expect(trainingMemory(totals, optimizers.sgd({ learningRate: 0.1 }), 1).slotBytes).toBe(0);
  });

  it.each(['sgd', 'adam'] as const)('is laid out so that %s keeps what it must and no more', async (name) => {
    const model = sequential(
      [
        layers.conv2d({ filters: 8, kernelSize: 3, activation: 'relu', inputShape: [12, 12, 1] }),
        batchNormalization(),
        layers.flatten(),
        dense({ units: 10, activation: 'softmax' }),
      ],
      { seed: 0 },
    );
    const optimizer = optimizers[name]();
    model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', backend: 'wasm', threads: 1 });
    const before = await model.getWeights();
    const planned = trainingMemory(describeNetwork(model).totals, optimizer, 64);
    const { variableBytes, workBytes, constantBytes, totalBytes } = await stepMemory(model, 64);
    expect(variableBytes).toBe(planned.weightBytes + planned.slotBytes);
    expect(workBytes).toBeGreaterThan(0);
    // Not every value needs a place of its own, not to speak of one for the gradient of each.
    expect(workBytes).toBeLessThan(2 * planned.activationBytes + planned.gradientBytes);
    expect(totalBytes).toBe(variableBytes + workBytes + constantBytes);
    expect(await model.getWeights()).toEqual(before);
  });
});
