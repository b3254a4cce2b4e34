import { describe, expect, it } from 'vitest';
import { type AnyModel, layers, lenet5, losses, type Model, model } from '../../src/index.ts';
import {
  explainGradient,
  type GradientExplanation,
  type GradientOf,
  gradients,
  type ObjectiveOptions,
  type Target,
} from '../../src/inspect/index.ts';
import { placeAt } from '../../src/inspect/wiring.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import { MOVING, POINTWISE, randomModel, someNumbers, WIRED } from './support.ts';

/** What the terms come to, what the library has and what a small step shows are one. */
function expectOne({ sum, value, check, terms, difference }: GradientExplanation, tolerance = 1e-5): void {
  const near = tolerance * Math.max(1, Math.abs(check));
  if (difference) expect(difference.prediction - difference.target).toBeCloseTo(sum!, 10);
  else {
    expect(terms.reduce((total, { product }) => total + product, 0)).toBeCloseTo(sum!, 10);
  }
  expect(Math.abs(sum! - check)).toBeLessThan(near);
  expect(Math.abs(value - check)).toBeLessThan(near);
}

describe.each(Object.entries({ ...WIRED, ...MOVING, ...POINTWISE }))('%s', (_name, make) => {
  it('has gradients that are the sums of their terms, and what a small step shows', async () => {
    const network = await randomModel([make()]);
    const shape = network.inputShape!;
    const x = someNumbers(sizeOf(shape), 5);
    const target = {
      data: someNumbers(sizeOf(network.outputShape!), 6),
      shape: [1, ...network.outputShape!],
    };
    const options = { loss: 'meanSquaredError' } as const;
    const all = await gradients(network, x, target, options);
    const explain = (of: GradientOf) => explainGradient(network, x, target, of, options, all);
    for (const { name: weight, shape: extents } of all.weights) {
      if (/prelu|batchNorm/.test(weight)) continue;
      for (const index of some(sizeOf(extents)))
        expectOne(await explain({ weight, place: placeAt(index, extents) }));
    }
    for (const index of some(sizeOf(shape))) {
      const one = await explain({ layer: 0, place: placeAt(index, shape) });
      expectOne(one);
    }
    if (!all.layers[1]!.preActivation) return;
    for (const index of some(sizeOf(network.outputShape!))) {
      expectOne(await explain({ preActivation: 1, place: placeAt(index, network.outputShape!) }));
    }
  });
});

const some = (size: number) => [...new Set([0, 1, Math.floor(size / 2), size - 1])].filter((i) => i < size);

describe('gradients', () => {
  it('are those of a whole network', async () => {
    const network = lenet5({ seed: 3 });
    const x = someNumbers(784, 2);
    const all = await gradients(network, x, 7);
    expect(all.lossName).toBe('sparseCategoricalCrossentropy');
    const explain = (of: GradientOf) => explainGradient(network, x, 7, of, {}, all);
    expectOne(await explain({ weight: 'conv2d/kernel', place: [2, 2, 0, 3] }));
    expect((await explain({ weight: 'conv2d/kernel', place: [0, 0, 0, 3] })).terms).toHaveLength(784);
    expectOne(await explain({ weight: 'conv2d_1/bias', place: [5] }));
    expectOne(await explain({ weight: 'dense_1/kernel', place: [7, 8] }));
    expectOne(await explain({ layer: 'input', place: [14, 13, 0] }));
    expectOne(await explain({ layer: 'conv2d', place: [14, 13, 2] }));
    expectOne(await explain({ layer: 'maxPooling2d_1', place: [2, 2, 2] }));
    expectOne(await explain({ preActivation: 'dense', place: [11] }));
    const out = all.layers.at(-1)!;
    expect(out.gradient).toBeUndefined();
    for (const unit of [3, 7]) {
      const one = await explain({ preActivation: 'dense_2', place: [unit] });
      expect(one.formula).toBe('∂L/∂z = p − y');
      expect(one.difference!.target).toBe(unit === 7 ? 1 : 0);
      expect(one.difference!.prediction).toBeCloseTo(out.values[unit]!, 6);
      expectOne(one);
    }
    expect((await explain({ layer: 'dense_2', place: [0] })).note).toContain('ends the network');
  });

  it('pass maxima to the one that won', async () => {
    const network = await randomModel([layers.maxPooling2d({ inputShape: [2, 2, 1] })]);
    const target = [[[[0]]]];
    const at = async (place: number[]) =>
      (
        await explainGradient(
          network,
          [
            [
              [[1], [5]],
              [[5], [2]],
            ],
          ],
          target,
          { layer: 0, place },
        )
      ).terms[0]!;
    expect(await at([0, 1, 0])).toMatchObject({ wins: true, factor: 1 });
    // Of equal ones the first in row-major order wins.
    expect(await at([1, 0, 0])).toMatchObject({ wins: false, factor: 0 });
  });

  const x3 = () => layers.input({ shape: [3] });
  const cases: Record<
    string,
    () => { network: AnyModel; target: Target; options?: ObjectiveOptions; of: GradientOf }
  > = {
    'a value that several layers read': () => {
      const x = x3();
      const y = layers.add()([layers.dense({ units: 3, activation: 'tanh' })(x), x]);
      return { network: model({ inputs: x, outputs: y }), target: [[1, 2, 3]], of: { layer: 0, place: [1] } };
    },
    'a product of branches': () => {
      const x = x3();
      const [a, b] = [layers.dense({ units: 3 })(x), layers.dense({ units: 3, activation: 'sigmoid' })(x)];
      const network = model({ inputs: x, outputs: layers.multiply()([a, b]) });
      return { network, target: [[1, 2, 3]], of: { layer: 'dense', place: [1] } };
    },
    'a layer used twice': () => {
      const x = x3();
      const shared = layers.dense({ units: 3, activation: 'tanh', name: 'shared' });
      const network = model({ inputs: x, outputs: shared(shared(x)) });
      return { network, target: [[1, 2, 3]], of: { weight: 'shared/kernel', place: [1, 2] } };
    },
    'logits, and a softmax layer of its own': () => {
      const x = x3();
      const network = model({
        inputs: x,
        outputs: layers.softmax()(layers.dense({ units: 4, name: 'logits' })(x)),
      });
      return { network, target: 2, of: { layer: 'logits', place: [2] } };
    },
    'linear logits': () => {
      const x = x3();
      const network = model({ inputs: x, outputs: layers.dense({ units: 4, name: 'logits' })(x) });
      return { network, target: 2, of: { preActivation: 'logits', place: [1] } };
    },
    'softmax under another loss': () => {
      const x = x3();
      const network = model({
        inputs: x,
        outputs: layers.dense({ units: 4, activation: 'softmax', name: 'p' })(x),
      });
      return { network, target: [[0, 1, 0, 0]], of: { preActivation: 'p', place: [1] } };
    },
    'one-hot targets': () => {
      const x = x3();
      const network = model({
        inputs: x,
        outputs: layers.dense({ units: 4, activation: 'softmax', name: 'p' })(x),
      });
      const options = { loss: losses.categoricalCrossentropy() };
      return { network, target: [[0, 0.5, 0.5, 0]], options, of: { preActivation: 'p', place: [1] } };
    },
  };
  it.each(Object.entries(cases))('are explained of %s', async (_name, make) => {
    const { network, target, options, of } = make();
    expectOne(await explainGradient(network, someNumbers(3, 4), target, of, options));
  });

  it('go through layers of every kind by their own derivatives', async () => {
    const network = await randomModel([
      layers.dense({ units: 2, inputShape: [4, 2] }),
      layers.lstm({ units: 2 }),
    ]);
    const explain = (of: GradientOf) => explainGradient(network, someNumbers(8), [[1, 2]], of);
    const one = await explain({ weight: 'lstm/kernel', place: [0, 1] });
    expect(one.formula).toBe('∂L/∂w = Σ ∂y/∂w·∂L/∂y');
    expectOne(one);
    expectOne(await explain({ layer: 'dense', place: [0, 1] }));
  });

  it('say what they cannot take apart, with the value and its check', async () => {
    const x = layers.input({ shape: [3, 2] });
    const [y, h] = layers.lstm({ units: 2, returnState: true, returnSequences: true })(x);
    const both = layers.concatenate()([layers.flatten()(y!), h!]);
    const network = model({ inputs: x, outputs: layers.dense({ units: 1 })(both), seed: 2 });
    const one = await explainGradient(network, someNumbers(6), [[1]], { layer: 0, place: [0, 1] });
    expect(one.note).toContain('No unfolded form of the gradient of input through lstm is known');
    expect(one).toMatchObject({ terms: [], sum: undefined });
    expect(one.value).toBeCloseTo(one.check, 4);
  });

  it('know which steps of a sequence do not count', async () => {
    const tokens = layers.input({ shape: [5], dtype: 'int32' });
    const read = layers.embedding({ inputDim: 4, outputDim: 2, maskZero: true })(tokens);
    const y = layers.dense({ units: 3, activation: 'softmax' })(layers.gru({ units: 2 })(read));
    const network = model({ inputs: tokens, outputs: y, seed: 2 });
    const explain = (place: number[]) =>
      explainGradient(network, [[1, 3, 0, 2, 0]], 1, { layer: 'embedding', place });
    expectOne(await explain([1, 0]));
    expect(await explain([2, 0])).toMatchObject({ value: 0, sum: 0 });
  });

  it('refuse classes, weights and outputs that are not there', async () => {
    const network: Model = lenet5({ seed: 0 });
    const x = someNumbers(784);
    await expect(gradients(network, x, 10)).rejects.toThrow(/class number 0…9; received 10/);
    await expect(gradients(network, x, 1, { output: 1 })).rejects.toThrow(/output 0…0/);
    const of = { weight: 'conv/kernel', place: [0] };
    await expect(explainGradient(network, x, 1, of)).rejects.toThrow(
      /expected one of the weights conv2d\/kernel/,
    );
    const pool = { preActivation: 'maxPooling2d', place: [0, 0, 0] };
    await expect(explainGradient(network, x, 1, pool)).rejects.toThrow(/an activation of its own/);
  });
});
