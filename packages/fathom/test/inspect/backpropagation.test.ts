import { describe, expect, it } from 'vitest';
import { dense, sequential } from '../../src/index.ts';
import { backpropagation, gradients, type PlainTask } from '../../src/inspect/index.ts';
import { someNumbers } from './support.ts';

function taskOf(sizes: readonly number[], rest: Partial<PlainTask> & { activations: readonly string[] }) {
  const numbers = Array.from(someNumbers(1000, 4));
  const take = (count: number) => numbers.splice(0, count);
  const layers = sizes.slice(1).map((to, l) => ({
    kernel: Array.from({ length: sizes[l]! }, () => take(to)),
    bias: take(to),
    activation: rest.activations[l] as 'tanh',
  }));
  return {
    layers,
    loss: 'meanSquaredError',
    input: take(sizes[0]!),
    target: take(sizes.at(-1)!),
    learningRate: 0.05,
    ...rest,
  } satisfies PlainTask;
}

describe('backpropagation', () => {
  const tasks: readonly (readonly [string, PlainTask])[] = [
    ['one neuron', taskOf([3, 1], { activations: ['sigmoid'], loss: 'binaryCrossentropy', target: [1] })],
    ['two layers', taskOf([2, 3, 2], { activations: ['tanh', 'linear'] })],
    [
      'three layers and softmax',
      taskOf([2, 4, 3, 3], {
        activations: ['relu', 'sigmoid', 'softmax'],
        loss: 'categoricalCrossentropy',
        target: [0, 1, 0],
      }),
    ],
  ];

  it.each(tasks)('%s: gradients are those of differences and of the model', async (_name, task) => {
    const { layers, cost, nextCost } = await backpropagation(task);
    for (const { gradient, difference } of layers) {
      gradient.kernel.flat().forEach((value, i) => {
        expect(value).toBeCloseTo(difference.kernel.flat()[i]!, 7);
      });
      gradient.bias.forEach((value, i) => {
        expect(value).toBeCloseTo(difference.bias[i]!, 7);
      });
    }
    expect(nextCost).toBeLessThan(cost);
    const model = sequential(
      task.layers.map(({ bias, activation }, l) =>
        dense({ units: bias.length, activation, ...(l === 0 ? { inputShape: [task.input.length] } : {}) }),
      ),
    );
    model.setWeights(task.layers.flatMap(({ kernel, bias }) => [kernel.flat(), bias]));
    const found = await gradients(model, Float32Array.from(task.input), Float32Array.from(task.target), {
      loss: task.loss,
    });
    expect(found.loss).toBeCloseTo(cost, 5);
    const own = layers.flatMap(({ gradient }) => [gradient.kernel.flat(), gradient.bias]);
    found.weights.forEach(({ gradient }, w) => {
      gradient.forEach((value, i) => {
        expect(value).toBeCloseTo(own[w]![i]!, 5);
      });
    });
  });

  it('every layer is what its formulas say', async () => {
    const task = taskOf([2, 3, 2], { activations: ['tanh', 'linear'] });
    const { layers, cost, dOutput } = await backpropagation(task);
    let x: readonly number[] = task.input;
    layers.forEach(({ z, a, slope, delta, gradient, next }, l) => {
      const { kernel, bias } = task.layers[l]!;
      bias.forEach((b, to) => {
        const sum = x.reduce((total, value, from) => total + value * kernel[from]![to]!, b);
        expect(z[to]).toBeCloseTo(sum, 12);
        expect(a[to]).toBeCloseTo(l === 0 ? Math.tanh(sum) : sum, 12);
        expect(slope[to]).toBeCloseTo(l === 0 ? 1 - Math.tanh(sum) ** 2 : 1, 12);
        const back =
          l === 0
            ? layers[1]!.delta.reduce((total, d, k) => total + d * task.layers[1]!.kernel[to]![k]!, 0)
            : dOutput[to]!;
        expect(delta[to]).toBeCloseTo(back * slope[to]!, 12);
        expect(gradient.bias[to]).toBeCloseTo(delta[to]!, 12);
        x.forEach((value, from) => {
          expect(gradient.kernel[from]![to]).toBeCloseTo(delta[to]! * value, 12);
          expect(next.kernel[from]![to]).toBeCloseTo(kernel[from]![to]! - 0.05 * delta[to]! * value, 12);
        });
      });
      x = a;
    });
    const squares = layers[1]!.a.map((value, i) => (value - task.target[i]!) ** 2);
    expect(cost).toBeCloseTo(squares.reduce((sum, value) => sum + value, 0) / 2, 12);
  });

  it('says which sizes do not fit', async () => {
    const task = taskOf([2, 1], { activations: ['linear'] });
    await expect(backpropagation({ ...task, input: [1] })).rejects.toThrow(
      'expected a kernel of 1 rows of 1 weights in layer 0; received 2 rows of 1, 1',
    );
    await expect(backpropagation({ ...task, target: [1, 2] })).rejects.toThrow(
      'a target for each of the 1 outputs; received 1 layers and 2 targets',
    );
  });
});
